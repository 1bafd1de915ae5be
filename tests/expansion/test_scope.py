"""What expressions see, and where their faults point."""

from __future__ import annotations

from layerzoo.errors import Fault
from layerzoo.expansion.scope import Scope, nodes_of
from layerzoo.expressions import Steps, Value
from layerzoo.nodes import Node, prototxt
from layerzoo.source import Source


def scope(**values: Value) -> Scope:
    return Scope(values, [], Steps())


def first(text: str) -> Node:
    faults: list[Fault] = []
    root = prototxt.read(Source("x", text), faults)
    assert not faults
    assert root.children
    return root.children[0]


def test_plain_texts_are_values_by_their_look() -> None:
    texts = {
        "a: 5": 5,
        "a: 0.5": 0.5,
        "a: true": True,
        "a: MAX": "MAX",
        'a: "5"': "5",
        "a: 1e-3": 0.001,
        "a: inf": "inf",
    }
    for text, value in texts.items():
        assert scope().value(first(text)) == value
        assert type(scope().value(first(text))) is type(value)


def test_messages_are_maps_and_repeated_fields_lists() -> None:
    node = first("f { a: 1 b: [2] c: 3 c: ${n} d { e: 1 } }")
    assert scope(n=4).value(node) == {"a": 1, "b": [2], "c": [3, 4], "d": {"e": 1}}


def test_values_become_nodes() -> None:
    like = first("a: ${v}")
    nodes = nodes_of([1, {"type": "msra", "dims": [1, 2]}], like, scope())
    assert [node.text for node in nodes] == ["1", None]
    assert all(node.listed for node in nodes)
    inner = nodes[1].children or []
    assert [(node.key, node.text, node.quoted) for node in inner] == [
        ("type", "msra", True),
        ("dims", "1", False),
        ("dims", "2", False),
    ]


def test_list_in_a_list_is_a_fault() -> None:
    here = scope()
    nodes_of([[1]], first("a: ${v}"), here)
    assert [fault.message for fault in here.faults] == ["a list inside a list"]


def test_shape_stays_an_expression_with_the_other_values_in_it() -> None:
    here = scope(n=2)
    assert here.by_shape(first("a: ${n * bottom[0].shape[1]}")) == "${(2 * bottom[0].shape[1])}"
    assert here.by_shape(first("a: ${n}")) is None
    assert here.by_shape(first('a: "x${bottom[0].shape[1]}"')) == ""
    assert here.by_shape(first("a: ${m * bottom[0].shape[1]}")) == ""
    assert [fault.message for fault in here.faults] == [
        "a shape may only stand in a number of a layer",
        "unknown name 'm'",
    ]


def test_fault_points_into_the_expression() -> None:
    for text in ("a: ${1 + nn}", 'a: "${1 + nn}"'):
        here = scope(n=1)
        assert here.value(first(text)) is None
        (fault,) = here.faults
        assert fault.origin is not None
        at = fault.origin.offset
        assert text[at : at + fault.origin.length] == "nn"


def test_fault_behind_an_escape_points_to_the_value() -> None:
    here = scope()
    here.value(first('a: "\\"${nn}"'))
    (fault,) = here.faults
    assert fault.origin is not None
    assert fault.origin.offset == 3


def test_scope_of_a_block_sees_only_its_own() -> None:
    outer = scope(a=1)
    assert outer.having(b=2).values == {"a": 1, "b": 2}
    assert outer.inside({"c": 3}, None).values == {"c": 3}
