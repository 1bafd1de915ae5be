"""Read, write and search the index of a store, ``index.json``."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from layerzoo.errors import UsageError, ZooError
from layerzoo.zoo.bounded_json import check_integer, check_results, check_text, check_texts, parse_json
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.manifest import (
    MAX_DESCRIPTION,
    MAX_ENTRY_BYTES,
    MAX_RESULTS,
    MAX_TAGS,
    MAX_TEXT,
    MAX_VERSION,
    SIGNATURE,
    check_name,
)
from layerzoo.zoo.stores import StoreFault

INDEX: Final = "index.json"
MAX_INDEX_BYTES: Final = 32 << 20

_FORMAT = 1
_COMPARED = re.compile(r"([A-Za-z_][\w.-]*)(<=|>=|==|=|<|>)(-?[\d.]+(?:e-?\d+)?)", re.IGNORECASE)
_OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
}


@dataclass(frozen=True)
class Row:
    """An entry in an index."""

    name: str
    version: int
    id: str
    size: int = 0
    title: str = ""
    description: str = ""
    dataset: str = ""
    license: str = ""
    created: str = ""
    signed: bool = False
    tags: tuple[str, ...] = ()
    results: Mapping[str, float] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @classmethod
    def of(cls, entry: Entry) -> Row:
        """The row of an entry."""
        facts = entry.manifest
        kept = {
            key: facts[key]
            for key in ("title", "description", "dataset", "license", "created")
            if key in facts
        }
        return cls(
            name=entry.name,
            version=entry.version,
            id=entry.id,
            size=entry.size,
            signed=(entry.path / SIGNATURE).exists(),
            tags=tuple(facts.get("tags", ())),
            results=facts.get("results", {}),
            **kept,
        )


def emit_index(rows: Iterable[Row]) -> bytes:
    """The content of ``index.json``."""
    ordered = sorted(rows, key=lambda row: (row.name, row.version))
    listed = [{key: value for key, value in asdict(row).items() if value} for row in ordered]
    return (json.dumps({"format": _FORMAT, "entries": listed}, indent=1, ensure_ascii=False) + "\n").encode()


def parse_index(data: bytes, where: str) -> list[Row]:
    """Parse an untrusted index; rows are sorted by name and version.

    Raises:
        StoreFault: it is not a valid index.
    """

    def damaged(why: object) -> StoreFault:
        return StoreFault(f"{where}: {INDEX} is damaged or not an index of a zoo: {why}")

    if len(data) > MAX_INDEX_BYTES:
        raise damaged(f"larger than {MAX_INDEX_BYTES:,} bytes")
    try:
        found = parse_json(data)
        if not isinstance(found, dict) or not isinstance(found.get("entries"), list):
            raise damaged("it has no list of entries")
        if check_integer(found.get("format"), "format", MAX_VERSION, 1) > _FORMAT:
            raise StoreFault(f"{where}: {INDEX} was written by a newer Layerzoo")
    except ValueError as error:
        raise damaged(error) from None
    rows = []
    for number, listed in enumerate(found["entries"], 1):
        try:
            rows.append(_row(listed))
        except (ValueError, ZooError) as error:
            raise damaged(f"entry {number}: {error}") from None
    if len({(row.name.lower(), row.version) for row in rows}) < len(rows):
        raise damaged("it lists a version of an entry twice")
    return sorted(rows, key=lambda row: (row.name, row.version))


def search(rows: Iterable[Row], query: str) -> list[Row]:
    """The rows that match all words and comparisons of a query.

    Words are searched in name, title, description, data set, license and tags; ``accuracy>0.98`` compares a
    result.

    Raises:
        UsageError: a comparison is malformed.
    """
    words: list[str] = []
    compared = []
    for word in query.split():
        match = _COMPARED.fullmatch(word)
        if match:
            compared.append((match[1].lower(), _OPERATORS[match[2]], float(match[3])))
        elif set(word) & set("<>="):
            raise UsageError(f"'{word}' is not a comparison; write it like accuracy>0.98, without spaces")
        else:
            words.append(word.lower())
    return [row for row in rows if _fits(row, words, compared)]


def _fits(row: Row, words: Sequence[str], compared: Sequence[tuple[str, Any, float]]) -> bool:
    text = " ".join([row.name, row.title, row.description, row.dataset, row.license, *row.tags]).lower()
    results = {key.lower(): value for key, value in row.results.items()}
    return all(word in text for word in words) and all(
        key in results and compare(results[key], value) for key, compare, value in compared
    )


def _row(found: object) -> Row:
    """A row of an untrusted index.

    Raises:
        ValueError, ZooError: a key is missing or has a wrong value.
    """
    if not isinstance(found, dict):
        raise ValueError("not an object")
    one_line = {
        key: check_text(found.get(key, ""), key, MAX_TEXT)
        for key in ("title", "dataset", "license", "created")
    }
    identity = check_text(found.get("id"), "id", 64)
    if not re.fullmatch("[0-9a-f]{64}", identity):
        raise ValueError("id is not a sha256")
    signed = found.get("signed", False)
    if not isinstance(signed, bool):
        raise ValueError("signed is neither true nor false")
    return Row(
        name=check_name(check_text(found.get("name"), "name", MAX_TEXT)),
        version=check_integer(found.get("version"), "version", MAX_VERSION, 1),
        id=identity,
        size=check_integer(found.get("size", 0), "size", MAX_ENTRY_BYTES),
        description=check_text(found.get("description", ""), "description", MAX_DESCRIPTION, lines=True),
        signed=signed,
        tags=tuple(check_texts(found.get("tags", []), "tags", MAX_TAGS, MAX_TEXT)),
        results=check_results(found.get("results", {}), "results", MAX_RESULTS, MAX_TEXT),
        **one_line,
    )
