"""Tables from CSV files."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data import csv_file
from layerzoo.data.csv_file import Table, as_number, is_missing, read_csv, thousands_in
from layerzoo.errors import DataError


def read(folder: Path, text: str | bytes, **options: object) -> Table:
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_csv(path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "name,size\na,1\nb,2\n".replace(",", delimiter)
    assert read(tmp_path, text) == Table(["name", "size"], [["a", "b"], ["1", "2"]], [2, 3], delimiter)


def test_decimal_commas_do_not_divide(tmp_path: Path) -> None:
    assert read(tmp_path, "x;y\n1,5;2,5\n3;4\n").columns == [["1,5", "3"], ["2,5", "4"]]
    assert as_number("1,5") == 1.5


def test_quoted_values_hold_delimiters_and_lines(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n"x, ""y""","two\nlines"\n1, 2\n')
    assert table.columns == [['x, "y"', "1"], ["two\nlines", "2"]]
    assert table.lines == [3, 4]


def test_bom_crlf_and_empty_lines(tmp_path: Path) -> None:
    table = read(tmp_path, b"\xef\xbb\xbfa,b\r\n1,\xc3\xa4\r\n\r\n2,z\r\n")
    assert table == Table(["a", "b"], [["1", "2"], ["ä", "z"]], [2, 4])


def test_header_is_found(tmp_path: Path) -> None:
    assert read(tmp_path, "1,a\n2,b\n").names == ["column1", "column2"]
    assert read(tmp_path, "a.png,cat\nb.png,dog\n", header=None).names == ["a.png", "cat"]
    assert read(tmp_path, "a.png,cat\nb.png,dog\nc.png,cat\n").names == ["column1", "column2"]
    assert read(tmp_path, "a,b\nc,d\n", header=False).columns == [["a", "c"], ["b", "d"]]
    assert read(tmp_path, "1,2\n3,4\n", header=True).names == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n4,5\n", r"t.csv:3: 1 values; the first row has 2"),
        ("a,a\nx,y\nz,w\n", "no message"),
        ("", "no rows"),
        ("\n \n", "no rows"),
        (b"a,b\n1,\xff\n", r"t.csv:2: not UTF-8"),
        ("a,b\n".encode("utf-16"), "in UTF-16; save it in UTF-8"),
        ("a,b\0\n", "null characters"),
        ('a,b\n"x,1\n', "not a table: unexpected end of data"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    if message == "no message":
        with pytest.raises(DataError, match="2 columns are named 'a'"):
            read(tmp_path, text, header=True)
        return
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="more than 10 bytes"):
        read(tmp_path, "a,b\n1,2\n3,4\n")
    with pytest.raises(DataError, match="no rows below the names"):
        read(tmp_path, "a,b\n", header=True)


@pytest.mark.parametrize("value", ["", "NA", "n/a", "NaN", "null", "None", "?"])
def test_missing_values(value: str) -> None:
    assert is_missing(value)
    assert not is_missing(f"x{value}")


def test_numbers() -> None:
    assert [as_number(text) for text in ("1", "-1.5e3", "1_000", "inf", "1,2,3", "x", "", "1e39")] == [
        1.0, -1500.0, None, None, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1,234", "5"], "1,234"),
        (["-12,000", "1.5"], "-12,000"),
        (["1,234", "0,123"], None),
        (["1,234", "1,2"], None),
        (["1,234", "1234,567"], None),
        (["1.234"], None),
        ([], None),
    ],
)
def test_thousands_in(values: list[str], expected: str | None) -> None:
    assert thousands_in(values) == expected
