"""The rows of a table as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.columns import find_columns
from layerzoo.data.csv_file import Table
from layerzoo.data.table_rows import TableSamples, encoded, joined, row_keys, rows_at
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.errors import DataError
from layerzoo.schema import ColumnParameter


def table(**columns: str) -> Table:
    values = {name: text.split("|") for name, text in columns.items()}
    return Table(list(values), list(values.values()), list(range(2, 2 + len(next(iter(values.values()))))))


def test_encoded_numbers_categories_and_classes() -> None:
    t = table(x="1|3|NA|5", c="u|v||u", d="p|q|q|", label="b|a|a|b")
    rows = encoded(t, find_columns(t), "t.csv")
    std = (8 / 3) ** 0.5
    np.testing.assert_allclose(rows.numbers, np.array([[-2], [0], [0], [2]]) / std, rtol=1e-6)
    assert rows.categories is not None
    # c: u 0, v 1, missing 2; d: p 3, q 4, missing 5
    assert rows.categories.tolist() == [[0, 3], [1, 4], [2, 4], [0, 5]]
    assert rows.labels is not None
    assert rows.labels.tolist() == [1, 0, 0, 1]
    assert rows.kinds == ["numbers", "categories", "labels"]
    assert rows.notes == [
        "column 'x': 1 missing value, replaced by the mean, 3",
        "column 'c': 1 missing value, a category of their own, as are texts that the rows that train lack",
        "column 'd': 1 missing value, a category of their own, as are texts that the rows that train lack",
    ]


def test_fill_takes_the_place_of_missing_values() -> None:
    t = table(x="1|3|NA", c="u|v|", label="b|a|a")
    given = [ColumnParameter(name="x", mean=0, std=1, fill="7"), ColumnParameter(name="c", fill="v")]
    rows = encoded(t, find_columns(t, given=given), "t.csv")
    assert rows.numbers is not None
    assert rows.categories is not None
    assert rows.numbers.tolist() == [[1], [3], [7]]
    assert rows.categories.tolist() == [[0], [1], [1]]


def test_rows_without_a_label_are_left_out() -> None:
    t = table(x="1|2|3", label="a||b")
    rows = encoded(t, find_columns(t), "t.csv")
    assert rows.lines == [2, 4]
    assert rows.notes == ["1 row has no value in 'label'; left out"]


def test_targets_are_a_column_each() -> None:
    t = table(x="1|2|4", label_1="0|1|0", label_2="1|1|0")
    rows = encoded(t, find_columns(t), "t.csv")
    assert rows.labels is not None
    assert rows.labels.tolist() == [[0, 1], [1, 1], [0, 0]]


def test_other_values_than_those_of_training_are_told() -> None:
    columns = find_columns(table(x="1|2", c="u|v", label="a|b"))
    other = table(x="1|2", c="w|v", label="b|a")
    rows = encoded(other, columns, "t.csv")
    assert rows.categories is not None
    assert rows.categories.tolist() == [[2], [1]]
    with pytest.raises(DataError, match=r"t.csv:3: column 'label': class 'c' is none of the 2 classes"):
        encoded(table(x="1|2", c="u|v", label="a|c"), columns, "t.csv")
    with pytest.raises(DataError, match=r"t.csv:2: column 'x': 'z' is not a number"):
        encoded(table(x="z|2", c="u|v", label="a|b"), columns, "t.csv")


def test_numbers_beyond_single_precision_are_refused() -> None:
    t = table(x="1e38|3|4", label="a|b|a")
    columns = find_columns(t, given=[ColumnParameter(name="x", mean=0, std=1e-3)])
    with pytest.raises(DataError, match=r"t.csv: column 'x': normalised by .* numbers are too large"):
        encoded(t, columns, "t.csv")


def test_row_keys() -> None:
    t = table(id="k|l", x="1|2", photo="a.png|b.png", label="a|b")
    assert row_keys(t, find_columns(t)) == ["k", "l"]
    t = table(x="1|2", photo="a.png|b.png", label="a|b")
    assert row_keys(t, find_columns(t)) == ["a.png", "b.png"]
    t = table(x="1|2", label="a|b")
    assert row_keys(t, find_columns(t)) == ["1\ta", "2\tb"]


def test_joined_adds_the_row_of_the_same_key() -> None:
    left, right = table(id="1|2|3", x="a|b|c"), table(id="3|1", y="u|v", z="p|q")
    whole, lacking = joined(left, right, "id", ("l.csv", "r.csv"))
    assert whole.names == ["id", "x", "y", "z"]
    assert whole.columns[2:] == [["v", "", "u"], ["q", "", "p"]]
    assert lacking == 1


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"id": "1|1", "y": "u|v"}, "r.csv: key '1' is in several rows"),
        ({"id": "1|2", "x": "u|v"}, "r.csv: column 'x' is in l.csv too"),
        ({"key": "1|2", "y": "u|v"}, "r.csv: no column 'id'"),
    ],
)
def test_tables_that_do_not_join_are_refused(other: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        joined(table(id="1|2", x="a|b"), table(**other), "id", ("l.csv", "r.csv"))


def test_samples_read_images_and_columns(tmp_path: Path) -> None:
    for name, grey in (("a", 10), ("b", 20), ("c", 30)):
        Image.fromarray(np.full((2, 2), grey, np.uint8)).save(tmp_path / f"{name}.png")
    t = table(photo="a.png|b.png|c.png", x="1|2|3", label="u|v|u")
    samples = TableSamples(
        encoded(t, find_columns(t, given=[ColumnParameter(name="x", mean=0, std=1)]), "t.csv"),
        tmp_path, Pipeline(Decode(False)), "t.csv",
    )  # fmt: skip
    images, numbers, labels = samples.read(np.array([2, 1]), np.arange(2), 0)
    assert images[:, 0, 0, 0].tolist() == [30, 20]
    assert numbers.tolist() == [[3], [2]]
    assert labels.tolist() == [0, 1]
    assert samples.key_of(1) == "b.png"
    assert samples.name(1) == f"{tmp_path / 'b.png'} (t.csv:3)"
    assert samples.labels() is not None
    assert not samples.cheap
    (tmp_path / "b.png").unlink()
    with pytest.raises(DataError, match=r"b.png \(t.csv:3\): No such file"):
        samples.read(np.array([1]), np.arange(1), 0)


def test_rows_at() -> None:
    assert rows_at(table(x="1|2|3"), [2, 0]) == Table(["x"], [["3", "1"]], [4, 2])
