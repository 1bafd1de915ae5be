"""Rows of tables that a trained net is asked about."""

from __future__ import annotations

import pytest

from layerzoo.data.new_rows import fitted_columns, new_rows
from layerzoo.data.new_samples import NewSource
from layerzoo.errors import DataError
from layerzoo.schema import ColumnParameter, CSVDataParameter

COLUMNS = [
    ColumnParameter(name="id", type=ColumnParameter.KEY),
    ColumnParameter(name="size", type=ColumnParameter.NUMBER, mean=10, std=4),
    ColumnParameter(name="kind", type=ColumnParameter.CATEGORY, category=["a", "b"]),
    ColumnParameter(name="town", type=ColumnParameter.CATEGORY, category=["x"]),
    ColumnParameter(name="note", type=ColumnParameter.IGNORED),
    ColumnParameter(name="class", type=ColumnParameter.CLASS, category=["no", "yes"]),
]
FITTED = fitted_columns(CSVDataParameter(source="t.csv", batch_size=8), COLUMNS)


def rows(text: str, fitted: CSVDataParameter = FITTED) -> tuple[list[str], object, object, list[str]]:
    found = new_rows(fitted, NewSource("new.csv", None, text.encode()))
    assert found.labels is None
    numbers, categories = ([] if one is None else one.tolist() for one in (found.numbers, found.categories))
    return found.keys, numbers, categories, found.notes


def test_columns_are_found_by_name_and_encoded_as_in_training() -> None:
    keys, numbers, categories, notes = rows("town;kind;other;size\nx;b;?;14\nx;a;?;6,5\n")
    assert keys == ["new.csv:2", "new.csv:3"]
    assert numbers == [[1.0], [-0.875]]
    assert categories == [[1, 3], [0, 3]], "those of the second column follow the three of the first"
    assert notes == []


def test_rows_are_named_by_their_key() -> None:
    assert rows("id,size,kind,town,class\n7,10,a,x,yes\n9,10,b,x,\n")[0] == ["7", "9"]
    assert rows("id,size,kind,town\n7,10,a,x\n7,10,b,x\n")[0] == ["new.csv:2", "new.csv:3"], "not unique"


def test_new_categories_and_missing_values_are_noted() -> None:
    _, numbers, categories, notes = rows("size,kind,town\n,c,x\n14,c,\n")
    assert numbers == [[0.0], [1.0]]
    assert categories == [[2, 3], [2, 4]]
    assert notes == [
        "new.csv:2: column 'kind': 'c' is none of the 2 categories that the net was trained with; taken for "
        "unknown, like a missing value",
        "new.csv: column 'size': 1 missing value, replaced by the mean, 10",
        "new.csv: column 'town': 1 missing value, a category of their own, as are texts that the rows that "
        "train lack",
    ]


def test_fill_takes_the_place_of_new_categories() -> None:
    column = ColumnParameter(name="kind", type=ColumnParameter.CATEGORY, category=["a", "b"], fill="b")
    _, _, categories, notes = rows("kind\nc\na\n", CSVDataParameter(column=[column], header=True))
    assert categories == [[1], [0]]
    assert notes[0].endswith("taken for 'b'")


def test_many_new_categories_are_summed_up() -> None:
    text = "size,kind,town\n" + "".join(f"1,k{number},x\n" for number in range(8))
    notes = rows(text)[3]
    assert len(notes) == 6
    assert notes[-1] == "new.csv: 3 more such texts"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size,kid,town\n1,a,x\n", "no column 'kind', which the net was trained with; did you mean 'kid"),
        ("1,a,x\n2,b,x\n", "no columns 'size', 'kind', 'town', which .* names of the columns"),
        ("size,kind,town\nbig,a,x\n", "new.csv:2: column 'size': 'big' is not a number"),
        ('size,kind,town\n"1,234",a,x\n', "'1,234' may be 1234 or 1.234"),
        ("size,kind,town\n", "no rows below the names"),
    ],
)
def test_other_tables_are_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rows(text)


def test_columns_without_names_stay_so() -> None:
    columns = [ColumnParameter(name=f"column{n}", type=ColumnParameter.NUMBER, mean=0, std=2) for n in (1, 2)]
    fitted = fitted_columns(CSVDataParameter(source="t.csv"), columns)
    assert not fitted.HasField("header")
    assert rows("2,4\n6,8\n", fitted)[1] == [[1, 2], [3, 4]]


def test_image_has_to_be_named() -> None:
    fitted = CSVDataParameter(column=[ColumnParameter(name="file", type=ColumnParameter.IMAGE)], header=True)
    found = new_rows(fitted, NewSource("new.csv", None, b"file,n\na.png,1\n"))
    assert found.images == ["a.png"]
    with pytest.raises(DataError, match=r"new\.csv:3: column 'file': no path of an image"):
        new_rows(fitted, NewSource("new.csv", None, b"file,n\na.png,1\n,2\n"))


def test_numbers_too_large_are_refused() -> None:
    column = ColumnParameter(name="x", type=ColumnParameter.NUMBER, mean=0, std=1e-30)
    fitted = CSVDataParameter(column=[column], header=True)
    with pytest.raises(DataError, match="numbers are too large"):
        new_rows(fitted, NewSource("new.csv", None, b"x,y\n3e37,1\n"))
