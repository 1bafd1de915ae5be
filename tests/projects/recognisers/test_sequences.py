"""Sequences."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError, UsageError
from layerzoo.projects.asked import CLASSIFICATION, REGRESSION, Asked
from layerzoo.projects.looking import data_layer
from layerzoo.projects.recognisers.sequences import StepSequences


def write_table(path: Path, label: str = "label", kind: str = "ab") -> Path:
    """40 sequences of 3 to 6 steps."""
    lines = [f"series,x,y,room,{label}"]
    for n in range(40):
        value = kind[n % 2] if kind else n / 7
        lines += [f"s{n},{n + step},{step % 2},hall {n % 3},{value}" for step in range(3 + n % 4)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_arrays(folder: Path, count: int = 20) -> Path:
    for label in ("down", "up"):
        (folder / label).mkdir(parents=True)
        for n in range(count):
            np.save(folder / label / f"{n}.npy", np.full((2 + n % 3, 2), n + (label == "up"), np.float32))
    return folder


def test_rows_of_a_table_are_grouped_by_the_column_of_sequences(tmp_path: Path) -> None:
    description = StepSequences.recognise(write_table(tmp_path / "t.csv"), Asked())
    assert description is not None
    assert (description.task, description.classes, description.total) == (
        CLASSIFICATION,
        {"a": 20, "b": 20},
        40,
    )
    assert (description.fields["sequence_column"], description.fields["length"]) == ("series", 6)
    assert (description.shapes["data"], list(description.models)) == ((6, 2), ["temporal_conv"])
    assert "3 to 6 steps with 2 numbers each" in description.details
    assert description.warnings == ["columns room: not used, since the steps of sequences are numbers"]
    assert description.takes_labels
    written = {**description.fields, "batch_size": 4}
    layer = data_layer("SequenceData", ["data", "label"], sequence_data_param=written)
    assert len(layer.source) == 40, "the layer reads what was found"


def test_numbers_to_predict_are_those_asked_for(tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.csv", "weight", kind="")
    description = StepSequences.recognise(table, Asked(labels=["weight"]))
    assert description is not None
    assert (description.task, description.classes) == (REGRESSION, {})
    with pytest.raises(DataError, match="has different labels in its rows"):
        StepSequences.recognise(table, Asked(labels=["x"]))
    with pytest.raises(UsageError, match="nothing"):
        StepSequences.recognise(table, Asked(labels=["nothing"]))


def test_table_without_sequences_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,label\n1,a\n2,b\n")
    assert StepSequences.recognise(tmp_path / "t.csv", Asked()) is None


def test_arrays_are_normalised_by_those_that_train(tmp_path: Path) -> None:
    description = StepSequences.recognise(write_arrays(tmp_path / "all"), Asked())
    assert description is not None
    assert (description.classes, description.total, description.fields["length"]) == (
        {"down": 20, "up": 20},
        40,
        4,
    )
    for part, count in (("train", 6), ("val", 3), ("test", 3)):
        write_arrays(tmp_path / "parts" / part, count)
    parts = StepSequences.recognise(tmp_path / "parts", Asked())
    assert parts is not None
    assert (parts.counts, parts.shares) == ({"train": 12, "val": 6, "test": 6}, None)
    steps = np.repeat([n + up for up in (0, 1) for n in range(6)], [2 + n % 3 for n in range(6)] * 2)
    assert parts.fields["mean"] == pytest.approx([steps.mean()] * 2, rel=1e-5)
    assert parts.fields["std"] == pytest.approx([steps.std()] * 2, rel=1e-5)


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path / "d")
    for path in (tmp_path / "d").rglob("*.npy"):
        np.save(path, np.full((3, 1), np.nan))
    with pytest.raises(DataError, match="not finite"):
        StepSequences.recognise(tmp_path / "d", Asked())


def test_hdf5_has_the_steps_of_all_and_their_lengths(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["data"] = np.arange(160, dtype=np.float32).reshape(80, 2)
        file["lengths"], file["label"] = [1, 3] * 20, [0, 1] * 20
    description = StepSequences.recognise(tmp_path / "s.h5", Asked())
    assert description is not None
    assert (description.task, description.classes, description.fields["length"]) == (
        CLASSIFICATION,
        {"0": 20, "1": 20},
        3,
    )
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["data"], file["label"] = np.zeros((4, 2)), [0, 1, 0, 1]
    assert StepSequences.recognise(tmp_path / "rows.h5", Asked()) is None
