"""What the columns of a table hold."""

from __future__ import annotations

import pytest

from layerzoo.data.columns import find_columns
from layerzoo.data.csv_file import Table
from layerzoo.errors import DataError
from layerzoo.schema import ColumnParameter


def table(**columns: str) -> Table:
    values = {name: text.split("|") for name, text in columns.items()}
    return Table(list(values), list(values.values()), list(range(len(next(iter(values.values()))))))


def types(found: list[ColumnParameter]) -> dict[str, str]:
    return {column.name: ColumnParameter.Type.Name(column.type) for column in found}


def test_types_are_found() -> None:
    found = find_columns(
        table(
            id="7|8|9|10",
            size="1.5|2|NA|4",
            colour="red|blue|red|",
            photo="a.jpg|b.PNG|c.png|d.gif",
            constant="x|x|x|x",
            nothing="|||",
            label="cat|dog|cat|cat",
        )
    )
    assert types(found) == {
        "id": "KEY",
        "size": "NUMBER",
        "colour": "CATEGORY",
        "photo": "IMAGE",
        "constant": "IGNORED",
        "nothing": "IGNORED",
        "label": "CLASS",
    }
    assert list(found[6].category) == ["cat", "dog"]
    assert list(found[2].category) == ["blue", "red"]


def test_mean_and_std_are_those_of_present_values() -> None:
    size, _ = find_columns(table(size="1|3|NA|5", label="a|b|a|b"))
    assert size.mean == 3
    assert size.std == pytest.approx((8 / 3) ** 0.5)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("0|1|1|2", "CLASS"),
        ("0.5|1|2|3", "TARGET"),
        ("-1|1|1|1", "TARGET"),
        ("a|b|1|2", "CLASS"),
    ],
)
def test_a_label_is_a_class_or_a_number(label: str, expected: str) -> None:
    assert types(find_columns(table(x="1|2|3|4", label=label)))["label"] == expected


def test_the_last_column_is_predicted_without_a_name() -> None:
    assert types(find_columns(table(x="1|2|3", z="a|b|a"))) == {"x": "NUMBER", "z": "CLASS"}
    assert types(find_columns(table(y="a|b|a", x="1|2|3"))) == {"y": "CLASS", "x": "NUMBER"}


def test_several_labels_are_numbers() -> None:
    found = find_columns(table(x="1|2|3", label_1="0|1|0", label_2="1|1|0"))
    assert types(found) == {"x": "NUMBER", "label_1": "TARGET", "label_2": "TARGET"}
    assert [(column.mean, column.std) for column in found[1:]] == [(0, 1), (0, 1)]
    assert types(find_columns(table(a="1|2|3", b="4|5|7"), ["a", "b"])) == {"a": "TARGET", "b": "TARGET"}


def test_numbers_to_predict_are_normalised() -> None:
    _, price = find_columns(table(x="1|2|4", price="100.5|200|300"), ["price"])
    assert price.mean == pytest.approx(600.5 / 3)
    assert price.std == pytest.approx(81.4446, rel=1e-4)


def test_classes_of_numbers_are_in_the_order_of_numbers() -> None:
    _, label = find_columns(table(x="1|2|3", label="10|9|2"))
    assert list(label.category) == ["2", "9", "10"]


def test_what_is_given_wins() -> None:
    given = [
        ColumnParameter(name="x", type=ColumnParameter.CATEGORY, category=["3", "1"]),
        ColumnParameter(name="label", category=["b", "a"]),
        ColumnParameter(name="w", mean=10),
    ]
    x, w, label = find_columns(table(x="1|3|3", w="1|2|3", label="a|b|a"), given=given)
    assert (x.type, list(x.category)) == (ColumnParameter.CATEGORY, ["3", "1"])
    assert (w.mean, w.std) == (10, pytest.approx((2 / 3) ** 0.5))
    assert list(label.category) == ["b", "a"]


def test_most_frequent_value_fills() -> None:
    most = ColumnParameter.MOST_FREQUENT
    given = [ColumnParameter(name="x", missing=most), ColumnParameter(name="c", missing=most)]
    x, c, _ = find_columns(table(x="1|3|3|NA", c="u|v|v|", label="a|b|a|b"), given=given)
    assert (x.fill, c.fill) == ("3.0", "v")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (ColumnParameter(name="X"), "no column 'X'; did you mean 'x'"),
        (ColumnParameter(name="c", type=ColumnParameter.NUMBER), "'u' is not a number"),
        (ColumnParameter(name="x", std=0), "expected finite numbers, std above 0"),
        (ColumnParameter(name="x", missing=ColumnParameter.OWN_CATEGORY), "no category of their own"),
        (ColumnParameter(name="c", missing=ColumnParameter.MEAN), "texts have no mean"),
        (ColumnParameter(name="c", fill="w"), "fill 'w' is none of its categories"),
        (ColumnParameter(name="x", fill="w"), "'w' is not a number"),
    ],
)
def test_columns_that_cannot_be_are_refused(given: ColumnParameter, message: str) -> None:
    with pytest.raises(DataError, match=message):
        find_columns(table(x="1|2|3", c="u|v|u", label="a|b|a"), given=[given])


def test_a_column_given_twice_is_refused() -> None:
    with pytest.raises(DataError, match="column 'x' is given twice"):
        find_columns(table(x="1|2"), given=[ColumnParameter(name="x"), ColumnParameter(name="x")])
    with pytest.raises(DataError, match="no column 'lable'; did you mean 'label'"):
        find_columns(table(x="1|2", label="a|b"), ["lable"])


def test_commas_that_may_divide_thousands_are_refused() -> None:
    values = Table(["x", "y"], [["1,234", "2,500", ""], ["1", "2", "3"]], [2, 3, 4])
    with pytest.raises(DataError, match=r"column 'x': '1,234' may be 1234 or 1\.234; write numbers without"):
        find_columns(values, ["y"])
    with pytest.raises(DataError, match=r"column 'x': '1,234' may be"):
        find_columns(values, ["x"])
    assert find_columns(values._replace(delimiter=";"), ["y"])[0].mean == pytest.approx(1.867)
    decimal = values._replace(columns=[["1,234", "2,5", ""], values.columns[1]])
    assert find_columns(decimal, ["y"])[0].mean == pytest.approx(1.867)
    ignored = [ColumnParameter(name="x", type=ColumnParameter.IGNORED)]
    assert find_columns(values, ["y"], ignored)[0].type == ColumnParameter.IGNORED
