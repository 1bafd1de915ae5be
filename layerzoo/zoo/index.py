"""Read, write and search the index of a store, ``index.json``."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from layerzoo.errors import UsageError, ZooError
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.manifest import SIGNATURE, check_name

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
        ZooError: it is not a valid index.
    """
    try:
        found = json.loads(data)
        if found["format"] > _FORMAT:
            raise ZooError(f"{where}: {INDEX} was written by a newer Layerzoo")
        rows = [_row(one) for one in found["entries"]]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise ZooError(f"{where}: {INDEX} is damaged or not an index of a zoo: {error}") from None
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


def _row(found: Mapping[str, Any]) -> Row:
    texts = {
        key: str(found.get(key, "")) for key in ("title", "description", "dataset", "license", "created")
    }
    identity = str(found["id"])
    if not re.fullmatch("[0-9a-f]{64}", identity):
        raise ValueError(f"'{identity[:80]}' is not an id")
    if type(found["version"]) is not int or not 1 <= found["version"] < 10**9:
        raise ValueError("the version is not a positive integer")
    return Row(
        name=check_name(str(found["name"])),
        version=found["version"],
        id=identity,
        size=int(found.get("size", 0)),
        signed=bool(found.get("signed", False)),
        tags=tuple(map(str, found.get("tags", ()))),
        results={str(k): float(v) for k, v in found.get("results", {}).items()},
        **texts,
    )
