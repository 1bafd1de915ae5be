"""Tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import DataError, UsageError
from layerzoo.projects.asked import CLASSIFICATION, MULTI_LABEL, REGRESSION, Asked
from layerzoo.projects.recognisers.tables import Tables


def write(path: Path, head: str, row: str, count: int = 100) -> Path:
    lines = [head, *(row.format(n, n % 2, "ab"[n % 2], n / 7) for n in range(count))]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("head", "row", "task", "tops"),
    [
        ("x,k,label", "{3},{2},{2}", CLASSIFICATION, ["numbers", "categories", "label"]),
        ("x,target", "{0},{3}", REGRESSION, ["numbers", "label"]),
        ("x,label1,label2", "{3},{1},{1}", MULTI_LABEL, ["numbers", "label"]),
    ],
)
def test_columns_to_predict_decide_the_task(
    tmp_path: Path, head: str, row: str, task: str, tops: list[str]
) -> None:
    description = Tables.recognise(write(tmp_path / "t.csv", head, row), Asked())
    assert description is not None
    assert (description.task, description.tops, description.total) == (task, tops, 100)


def test_column_label_comes_before_other_names(tmp_path: Path) -> None:
    description = Tables.recognise(write(tmp_path / "t.csv", "x,y,label", "{3},{0},{2}"), Asked())
    assert description is not None
    assert (description.task, list(description.classes)) == (CLASSIFICATION, ["a", "b"])
    assert description.what == "a table of 100 rows with numbers"
    asked = Tables.recognise(tmp_path / "t.csv", Asked(labels=["y"]))
    assert asked is not None
    assert asked.task == REGRESSION


def test_columns_are_written_down_as_found(tmp_path: Path) -> None:
    description = Tables.recognise(write(tmp_path / "t.csv", "x,k,label", "{3},{2},{2}"), Asked())
    assert description is not None
    columns = description.fields["column"]
    assert isinstance(columns, list)
    assert [column["type"] for column in columns] == ["NUMBER", "CATEGORY", "CLASS"]
    assert columns[0]["mean"] == pytest.approx(7, abs=1)
    assert columns[1]["category"] == ["a", "b"]
    assert description.shapes["input_dim"] == [3], "two categories, and one for those that are missing"


def test_images_are_joined_with_the_other_columns(photos: Path) -> None:
    table = write(photos / "t.csv", "file,age,label", "dog/{0}.png,{3},{2}", 80)
    description = Tables.recognise(table, Asked())
    assert description is not None
    assert description.images is not None
    assert (description.images.width, description.tops) == (40, ["data", "numbers", "label"])
    assert (description.models, description.new_sample) == (["lenet_mlp"], "new.csv")
    assert description.what == "a table of 80 rows with paths of images and numbers"


def test_columns_of_a_second_table_are_joined(photos: Path) -> None:
    table = write(photos / "t.csv", "n,file,price", "{0},dog/{0}.png,{3}", 80)
    other = write(photos / "other.csv", "n,area,town", "{0},{3},{2}", 80)
    description = Tables.recognise(table, Asked(join=str(other)))
    assert description is not None
    assert description.task == REGRESSION, "of the first table"
    assert description.tops == ["data", "numbers", "categories", "label"]
    assert (description.fields["join"], description.fields["key"]) == (str(other), "n")
    write(other, "a,b", "{0},{3}")
    with pytest.raises(UsageError, match=r"columns that both tables have are none; .*-key COLUMN"):
        Tables.recognise(table, Asked(join=str(other)))
    with pytest.raises(UsageError, match=r"gone\.csv: no such file"):
        Tables.recognise(table, Asked(join="gone.csv"))


def test_numbers_beside_images_are_left_out_for_a_net_of_images(photos: Path) -> None:
    table = write(photos / "t.csv", "file,age,label", "dog/{0}.png,{3},{2}", 80)
    description = Tables.recognise(table, Asked(model="lenet"))
    assert description is not None
    assert description.images is not None
    assert (description.images.width, description.tops) == (40, ["data", "label"])
    assert any("age: not used beside the images" in warning for warning in description.warnings)


def test_column_that_is_missing_or_of_one_class_is_refused(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "x,k,label", "{3},{2},same")
    with pytest.raises(UsageError, match=r"-label: .*no column 'y'"):
        Tables.recognise(table, Asked(labels=["y"]))
    with pytest.raises(DataError, match="one class only; name another: -label"):
        Tables.recognise(table, Asked())
    assert Tables.recognise(tmp_path, Asked()) is None


def test_several_columns_of_classes_are_refused(tmp_path: Path) -> None:
    table = write(tmp_path / "t.csv", "x,label1,label2", "{3},{2},c{2}")
    with pytest.raises(DataError, match="columns to predict are 'label1', 'label2' of classes; expected one"):
        Tables.recognise(table, Asked())
    mixed = write(tmp_path / "m.csv", "x,kind,price", "{0},{2},{3}")
    with pytest.raises(UsageError, match=r"'kind' of classes, and 'price' of numbers; .*: -label"):
        Tables.recognise(mixed, Asked(labels=["kind", "price"]))
