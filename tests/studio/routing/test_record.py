"""Dataclasses as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import jsonschema
import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.routing.record import MAX_TEXT, read, read_query, schema, written


@dataclass
class Inner:
    """An inner record."""

    name: str
    weight: float = 1.0


@dataclass
class Outer:
    """A record."""

    count: int
    kind: Literal["a", "b"] = "a"
    inner: list[Inner] = field(default_factory=list)
    table: dict[str, int] = field(default_factory=dict)
    maybe: float | None = None
    flag: bool = False


def test_read_builds_nested_records() -> None:
    value = {
        "count": 3,
        "inner": [{"name": "x", "weight": 2}],
        "table": {"k": 1},
        "maybe": None,
        "flag": True,
    }
    assert read(Outer, value) == Outer(3, "a", [Inner("x", 2.0)], {"k": 1}, None, True)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "the body lacks count"),
        ([], "the body is []; expected an object"),
        ({"count": "3"}, "'count' is '3'; expected a whole number"),
        ({"count": True}, "'count' is True; expected a whole number"),
        ({"count": 1, "kind": "c"}, "'kind' is 'c'; expected one of a, b"),
        ({"count": 1, "inner": [{"nam": "x"}]}, "unknown field 'nam'; did you mean 'name'?"),
        ({"count": 1, "inner": [{"name": 1}]}, "'inner[0].name' is 1; expected a string"),
        ({"count": 1, "table": {"k": 1.5}}, "'table.k' is 1.5; expected a whole number"),
        ({"count": 1, "maybe": float("inf")}, "'maybe' is inf; expected a finite number"),
        ({"count": 1, "inner": [{"name": "x" * (MAX_TEXT + 1)}]}, "has 1,048,577 characters"),
    ],
)
def test_read_names_the_field_at_fault(value: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(Outer, value)
    assert message in str(caught.value)


def test_read_query_converts_texts() -> None:
    @dataclass
    class Query:
        run: list[str] = field(default_factory=list)
        points: int = 10
        log: bool = False
        start: float | None = None

    pairs = [("run", "a"), ("run", "b"), ("points", "5"), ("log", "true"), ("start", "1e3")]
    globals()["Query"] = Query
    assert read_query(Query, pairs) == Query(["a", "b"], 5, True, 1000.0)
    with pytest.raises(UsageError, match="'points' is 'many'; expected a whole number"):
        read_query(Query, [("points", "many")])
    with pytest.raises(UsageError, match="unknown field 'point'; did you mean 'points'"):
        read_query(Query, [("point", "1")])
    with pytest.raises(UsageError, match="expected true or false"):
        read_query(Query, [("log", "yes")])


def test_written_replaces_numbers_that_json_lacks() -> None:
    value = Outer(1, "b", [Inner("x", float("nan"))], {"k": 2}, float("inf"))
    assert written(value) == {
        "count": 1,
        "kind": "b",
        "inner": [{"name": "x", "weight": None}],
        "table": {"k": 2},
        "maybe": None,
        "flag": False,
    }
    with pytest.raises(TypeError, match="set has no form in JSON"):
        written({1})


def test_schema_accepts_what_read_accepts() -> None:
    described: dict[str, Any] = schema(Outer)
    jsonschema.Draft202012Validator.check_schema(described)
    jsonschema.validate({"count": 1, "inner": [{"name": "x"}], "maybe": None}, described)
    for wrong in ({}, {"count": "1"}, {"count": 1, "kind": "c"}, {"count": 1, "inner": [{}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, described)
