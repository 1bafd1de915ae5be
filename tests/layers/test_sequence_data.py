"""SequenceData: sequences of any length, in padded batches."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.errors import ConfigError
from layerzoo.layers.sequence_data import SequenceData
from layerzoo.loader import parse_net
from layerzoo.net import Net

RUNS = "run,x,label\na,1,up\na,3,up\nb,5,down\n"


def layer(source: Path, fields: str, tops: str = "xyn") -> str:
    named = " ".join(f'top: "{top}"' for top in tops)
    inside = f'sequence_data_param {{ source: "{source}" {fields} }}'
    return f'layer {{ name: "d" type: "SequenceData" {named} {inside} }}'


def table(folder: Path) -> Path:
    (folder / "runs.csv").write_text(RUNS)
    return folder / "runs.csv"


def example(folder: Path) -> str:
    with h5py.File(folder / "e.h5", "w") as file:
        file["data"], file["lengths"], file["label"] = np.arange(4.0).reshape(4, 1), [3, 1], [2, 0]
    of_hdf5 = layer(folder / "e.h5", "batch_size: 2", "uvw").replace('"d"', '"hdf5"')
    (folder / "e.txt").write_text("ab\nb\n")
    of_text = layer(folder / "e.txt", "unit: CHARACTER next: true batch_size: 2", "uvw").replace(
        '"d"', '"text"'
    )
    return (
        layer(table(folder), 'sequence_column: "run" batch_size: 2')
        + of_hdf5
        + of_text.replace('"u"', '"a"').replace('"v"', '"b"').replace('"w"', '"c"')
    )


def batch(text: str) -> dict[str, np.ndarray]:
    net = Net(parse_net(text).message, phase="TEST", seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return {name: blob.numpy() for name, blob in net.blobs.items()}


def test_rows_of_a_table_are_steps(tmp_path: Path) -> None:
    text = layer(table(tmp_path), 'sequence_column: "run" batch_size: 2')
    blobs = batch(text)
    np.testing.assert_allclose(blobs["x"][..., 0], np.array([[-2, 0], [2, 0]]) / (8 / 3) ** 0.5, rtol=1e-6)
    assert blobs["y"].tolist() == [1, 0]
    assert blobs["n"].tolist() == [2, 1]
    assert SequenceData.class_names(parse_net(text).message.layer[0]) == ["down", "up"]


def test_a_label_in_one_row_is_that_of_the_whole_sequence(tmp_path: Path) -> None:
    for text in ("a,1,up\na,3,\nb,5,down\nb,7,\n", "a,1,\na,3,up\nb,5,NA\nb,7,down\n"):
        (tmp_path / "runs.csv").write_text(f"run,x,label\n{text}c,9,\n")
        net = layer(
            tmp_path / "runs.csv", 'sequence_column: "run" batch_size: 2 column { name: "x" mean: 0 std: 1 }'
        )
        blobs = batch(net)
        assert blobs["n"].tolist() == [2, 2]
        assert blobs["x"][..., 0].tolist() == [[1, 3], [5, 7]]
        assert blobs["y"].tolist() == [1, 0]
        assert [warning.message for warning in Net(parse_net(net).message, phase="TEST").graph.warnings] == [
            f"{tmp_path}/runs.csv: 1 row has no value in 'label'; left out"
        ]
    (tmp_path / "runs.csv").write_text("run,x,label\na,1,\na,3,0.5\nb,5,\nb,7,2.5\n")
    blobs = batch(layer(tmp_path / "runs.csv", 'sequence_column: "run" batch_size: 2'))
    assert blobs["y"].ravel().tolist() == [-1, 1]


def test_time_first_and_padding(tmp_path: Path) -> None:
    fields = (
        'sequence_column: "run" batch_size: 2 length: 3 time_first: true pad_left: true column { name: "x" '
    )
    blobs = batch(layer(table(tmp_path), f"{fields}mean: 0 std: 1 }}"))
    assert blobs["x"][..., 0].tolist() == [[0, 0], [1, 0], [3, 5]]


def test_hdf5_and_folders(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["data"], file["lengths"], file["label"] = np.arange(4.0).reshape(4, 1), [3, 1], [2, 0]
    blobs = batch(layer(tmp_path / "s.h5", "batch_size: 2 mean: 1 std: 2"))
    assert blobs["x"][..., 0].tolist() == [[-0.5, 0, 0.5], [1, 0, 0]]
    assert blobs["y"].tolist() == [2, 0]
    for name in ("train/a", "train/b", "test/b"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        np.save(tmp_path / "runs" / name / "1.npy", np.full(2, len(name)))
    blobs = batch(layer(tmp_path / "runs", "batch_size: 1"))
    assert blobs["x"].tolist() == [[[6], [6]]]
    assert blobs["y"].tolist() == [1]


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sequence_column is missing"):
        batch(layer(table(tmp_path), "batch_size: 2"))
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(tmp_path / "none.csv", "batch_size: 2"))
    with pytest.raises(ConfigError, match="numbers in a batch; at most"):
        batch(layer(table(tmp_path), 'sequence_column: "run" batch_size: 2 length: 4000000000'))
