"""Read tables from CSV files: any delimiter, quoting, with or without a header, in UTF-8."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from layerzoo.data.parse_memory import check_memory, table_memory
from layerzoo.errors import DataError
from layerzoo.regular_file import read_bytes

MAX_BYTES: Final = 1 << 30
"""The largest file that is read."""
MAX_COLUMNS: Final = 1 << 14
"""The most columns of a table."""
DELIMITERS: Final = ",;\t|"
"""The delimiters that are found by inspection."""
_MISSING: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "?"})
_LARGEST: Final = 3e38
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_SNIFFED: Final = 50
"""Rows that are inspected for delimiter and header."""
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class Table(NamedTuple):
    """A table of texts.

    Attributes:
        names: the names of the columns.
        columns: the values of each.
        lines: the number of the line, from 1, at which each row ends.
        delimiter: what divides its values in the file.
    """

    names: list[str]
    columns: list[list[str]]
    lines: list[int]
    delimiter: str = ","

    def column(self, name: str) -> list[str]:
        """The values of a column."""
        return self.columns[self.names.index(name)]


def read_csv(path: str | Path, delimiter: str = "", header: bool | None = None) -> Table:
    """Read a table; spaces around values are dropped, empty lines left out.

    Args:
        path: the file.
        delimiter: between values; empty: found by inspection.
        header: whether the first row holds names; None: found by inspection. Without, the columns are named
            column1, column2 and so on.

    Raises:
        OSError: the file can't be read.
        DataError: it isn't a table in UTF-8, or has no rows.
    """
    data = read_bytes(path, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: more than {MAX_BYTES:,} bytes; split it, or convert it to HDF5")
    return parse_csv(data, path, delimiter, header)


def parse_csv(data: bytes, path: str | Path, delimiter: str = "", header: bool | None = None) -> Table:
    """Parse a table; see `read_csv`.

    Args:
        data: the content of the file.
        path: its name in messages.
        delimiter, header: see `read_csv`.

    Raises:
        DataError: it isn't a table in UTF-8, or has no rows.
    """
    text = _decoded(data, path)
    if "\0" in text:
        raise DataError(f"{path}: a table with null characters; expected text")
    delimiter = delimiter or _delimiter(text)
    check_memory(path, table_memory(text, delimiter))
    rows, lines = _rows(text, delimiter, path)
    if not rows:
        raise DataError(f"{path}: no rows")
    if header is None:
        header = _has_header(rows[:_SNIFFED])
    names = rows[0] if header else [f"column{number}" for number in range(1, len(rows[0]) + 1)]
    if header:
        rows, lines = rows[1:], lines[1:]
        for name, count in Counter(names).items():
            if count > 1:
                raise DataError(f"{path}: {count} columns are named '{name:.100}'; expected different names")
    if not rows:
        raise DataError(f"{path}: no rows below the names of the columns")
    return Table(names, [list(column) for column in zip(*rows, strict=True)], lines, delimiter)


def is_missing(value: str) -> bool:
    """Whether a value stands for a missing one: empty, NA, NaN, null, none or ?."""
    return value.lower() in _MISSING


def as_number(value: str) -> float | None:
    """A number in the range of single precision, with a decimal point or comma; None for any other text."""
    try:
        number = float(value)
    except ValueError:
        if value.count(",") != 1 or "." in value:
            return None
        try:
            number = float(value.replace(",", "."))
        except ValueError:
            return None
    return number if abs(number) <= _LARGEST and "_" not in value else None


def thousands_in(values: Iterable[str]) -> str | None:
    """A number with a comma that may divide thousands, such as 1,234; None if commas are decimal.

    They are if one number has a comma that can't divide thousands, such as 0,5 or 1,25.
    """
    with_comma = [value for value in values if "," in value]
    if not with_comma or not all(_THOUSANDS.fullmatch(value) for value in with_comma):
        return None
    return with_comma[0]


def _decoded(data: bytes, path: str | Path) -> str:
    if data.startswith(_UTF_16):
        raise DataError(f"{path}: in UTF-16; save it in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}:{line}: not UTF-8; save the table in UTF-8") from None


def _delimiter(text: str) -> str:
    """The delimiter that divides the first rows into most columns, as many in each."""
    best, most = ",", 1
    sample = "".join(line for line in islice(io.StringIO(text[: 1 << 20], newline=""), _SNIFFED))
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        widths = {len(row) for row in (rows[:-1] if len(rows) > 2 else rows)}
        if len(widths) == 1 and (width := widths.pop()) > most:
            best, most = delimiter, width
    return best


def _rows(text: str, delimiter: str, path: str | Path) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = None
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
        )
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if rows and len(row) != len(rows[0]):
                raise DataError(
                    f"{path}:{reader.line_num}: {len(row)} values; the first row has {len(rows[0])}"
                )
            if len(row) > MAX_COLUMNS:
                raise DataError(f"{path}: {len(row):,} columns; at most {MAX_COLUMNS:,} are read")
            rows.append([value.strip() for value in row])
            lines.append(reader.line_num)
    except (csv.Error, TypeError) as error:  # TypeError: a delimiter of several characters
        where = f"{path}:{reader.line_num}" if reader is not None else str(path)
        raise DataError(f"{where}: not a table: {error}") from None
    return rows, lines


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has names: no numbers or equal texts, and no value of the rows below."""
    first, rest = rows[0], rows[1:]
    if not rest or len(set(first)) < len(first) or any(as_number(value) is not None for value in first):
        return False
    if any(is_missing(value) for value in first[1:]):  # the first may be an index without a name
        return False
    columns = [{row[place] for row in rest} for place in range(len(first))]
    return all(name not in values for name, values in zip(first, columns, strict=True))
