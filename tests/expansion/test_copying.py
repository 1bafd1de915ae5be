"""Nodes copied with values in the places of expressions."""

from __future__ import annotations

from layerzoo.expansion.copying import copied, message, scalar
from layerzoo.source import CallSite
from tests.expansion.test_scope import first, scope
from tests.nodes.trees import plain


def test_copy_has_values_and_the_use_of_its_block() -> None:
    here = scope(n=[1, 2], t="msra")
    here.call = CallSite("b", first("x: 1").origin, {"n": [1, 2]})
    node = first('a { b: ${n} c: "x${n[0]}" d { type: "${t}" } e: 5 }')
    (copy,) = copied(node, here)
    assert plain(copy) == [("b", "1"), ("b", "2"), ("c", '"x1"'), ("d", [("type", '"msra"')]), ("e", "5")]
    assert all(one.call is here.call for one in copy.walk())
    assert plain(node)[0] == ("b", "${n}")


def test_faulty_expression_has_no_copy() -> None:
    here = scope()
    assert copied(first("a: ${n}"), here) == []
    assert len(here.faults) == 1


def test_shape_is_kept_without_quotes() -> None:
    (copy,) = copied(first('a: "${bottom[0].shape[1]}"'), scope())
    assert (copy.text, copy.quoted) == ("${bottom[0].shape[1]}", False)


def test_new_nodes_stand_at_the_place_of_others() -> None:
    like = first("abc: 5")
    name = scalar("name", "x", like, scope())
    assert (name.key, name.text, name.quoted, name.value_offset) == ("name", "x", True, 5)
    assert message("layer", [name], like, scope()).children == [name]
