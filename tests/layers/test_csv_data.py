"""CSVData: the rows of a table."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image

from layerzoo.data.selection import split_of
from layerzoo.errors import ConfigError, DataError
from layerzoo.layers.csv_data import CSVData
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import LayerParameter, NetState, ReadingParameter

FLOWERS = "size,colour,label\n1,red,b\n3,blue,a\n5,red,a\n"


def layer(source: Path, tops: str, fields: str = "batch_size: 3", more: str = "") -> str:
    named = " ".join(f'top: "{top}"' for top in tops)
    return (
        f'layer {{ name: "d" type: "CSVData" {named} csv_data_param {{ source: "{source}" {fields} }} '
        f"{more} }}"
    )


def written(folder: Path, text: str, name: str = "t.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def example(folder: Path) -> str:
    return layer(written(folder, FLOWERS), "xcy", "batch_size: 2")


def batch(text: str, phase: str = "TEST") -> dict[str, np.ndarray]:
    net = Net(parse_net(text).message, phase=phase, seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return {name: blob.numpy() for name, blob in net.blobs.items()}


def test_each_kind_of_column_has_a_top(tmp_path: Path) -> None:
    blobs = batch(layer(written(tmp_path, FLOWERS), "xcy"))
    np.testing.assert_allclose(blobs["x"], np.array([[-2], [0], [2]]) / (8 / 3) ** 0.5, rtol=1e-6)
    assert blobs["c"].tolist() == [[1], [0], [1]]
    assert blobs["y"].tolist() == [1, 0, 0]


def test_images_and_a_second_table_are_joined(tmp_path: Path) -> None:
    for number in (1, 2):
        Image.fromarray(np.full((4, 4), 10 * number, np.uint8)).save(tmp_path / f"{number}.png")
    source = written(tmp_path, "key,photo,label\nk1,1.png,cat\nk2,2.png,dog\n")
    other = written(tmp_path, "key,age\nk2,20\nk1,10\n", "more.csv")
    fields = f'batch_size: 2 join: "{other}" key: "key" column {{ name: "age" mean: 0 std: 1 }}'
    blobs = batch(layer(source, "ixy", fields, "transform_param { force_gray: true }"))
    assert blobs["i"][:, 0, 0, 0].tolist() == [10, 20]
    assert blobs["x"].tolist() == [[10], [20]]
    assert blobs["y"].tolist() == [0, 1]


def test_mean_and_std_are_of_the_rows_that_train(tmp_path: Path) -> None:
    rows = [(f"k{n}", float(n * n)) for n in range(200)]
    lines = [f"{k},{x},{n % 2}\n" for n, (k, x) in enumerate(rows)]
    source = written(tmp_path, "".join(["id,x,label\n", *lines]))
    more = "reading_param { split: TEST val_share: 0.25 test_share: 0.25 }"
    blobs = batch(layer(source, "xy", "batch_size: 10", more))
    split = {k: split_of(k, 0.25, 0.25) for k, _ in rows}
    train = np.array([x for k, x in rows if split[k] == ReadingParameter.TRAIN])
    test = np.array([x for k, x in rows if split[k] == ReadingParameter.TEST])
    assert 60 < len(train) < 140
    np.testing.assert_allclose(blobs["x"][:, 0], (test[:10] - train.mean()) / train.std(), rtol=1e-5)


def test_fitted_on_another_table(tmp_path: Path) -> None:
    train = written(tmp_path, FLOWERS)
    test = written(tmp_path, "size,colour,label\n7,green,a\n", "test.csv")
    blobs = batch(layer(test, "xcy", f'batch_size: 1 fitted_on: "{train}"'))
    np.testing.assert_allclose(blobs["x"], [[4 / (8 / 3) ** 0.5]], rtol=1e-6)
    assert blobs["c"].tolist() == [[2]], "green is new"
    assert blobs["y"].tolist() == [0]


def test_missing_values_are_counted_in_a_warning(tmp_path: Path) -> None:
    source = written(tmp_path, "size,label\n1,a\n,b\n3,\n5,b\n")
    graph = graph_of(parse_net(layer(source, "xy")), NetState())
    text = "\n".join(str(warning) for warning in graph.warnings)
    assert "1 row has no value in 'label'; left out" in text
    assert "column 'size': 1 missing value, replaced by the mean" in text


def test_a_changed_table_is_read_again(tmp_path: Path) -> None:
    source = written(tmp_path, FLOWERS)
    assert batch(layer(source, "xcy"))["y"].tolist() == [1, 0, 0]
    source.write_text(FLOWERS.replace("1,red,b", "1,red,a").replace("5,red,a", "5,red,b"))
    os.utime(source, (0, 0))
    assert batch(layer(source, "xcy"))["y"].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FLOWERS, ["a", "b"]),
        ("x,label_1,label_2\n1,0,1\n2,1,1\n3,0,0\n", ["label_1", "label_2"]),
        ("x,label_1,label_2\n1,a,1\n2,b,u\n3,a,u\n", None),
    ],
)
def test_class_names(tmp_path: Path, text: str, expected: list[str] | None) -> None:
    param = LayerParameter()
    text_format.Parse(f'csv_data_param {{ source: "{written(tmp_path, text)}" }}', param)
    assert CSVData.class_names(param) == expected


def test_faults(tmp_path: Path) -> None:
    source = written(tmp_path, FLOWERS)
    with pytest.raises(
        ConfigError, match=r"4 tops, but the columns of '.*' give numbers, categories, labels"
    ):
        batch(layer(source, "abcd"))
    with pytest.raises(ConfigError, match="join without key"):
        batch(layer(source, "xy", f'batch_size: 1 join: "{source}"'))
    with pytest.raises(ConfigError, match="expected one character"):
        batch(layer(source, "xy", 'batch_size: 1 delimiter: "::"'))
    with pytest.raises(ConfigError, match="can't be opened"):
        batch(layer(tmp_path / "absent.csv", "xy"))
    with pytest.raises((ConfigError, DataError), match="no column 'lable'; did you mean 'label'"):
        batch(layer(source, "xy", 'batch_size: 1 label: "lable"'))


def test_images_in_a_folder_images_are_found(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.fromarray(np.full((4, 4), 30, np.uint8)).save(tmp_path / "images" / "1.png")
    source = written(tmp_path, "photo,label\n1.png,cat\n")
    assert batch(layer(source, "xy", "batch_size: 1"))["x"].max() == 30
