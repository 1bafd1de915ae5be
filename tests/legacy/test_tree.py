"""Operations on node trees: new nodes, positions, singular fields."""

from __future__ import annotations

import pytest

from layerzoo.legacy.tree import count, message_in, new_node, put, text_of
from tests.nodes.trees import plain
from tests.upgrading import tree


def test_made_of_is_a_scalar_with_text_and_a_message_without() -> None:
    like = tree('a: 1\n  b { c: "x" }').all("b")[0]
    scalar = new_node(like, "k", "", quoted=True)
    assert (scalar.key, scalar.text, scalar.children, scalar.quoted) == ("k", "", None, True)
    message = new_node(like, "k")
    assert (message.text, message.children, message.quoted) == (None, [], False)
    child = like.all("c")
    assert new_node(like, "k", children=child).children is child


def test_made_of_has_the_position_of_the_other_node() -> None:
    like = tree('a: 1\n  b: "x"').all("b")[0]
    new = new_node(like, "long_key", "1")
    assert str(new.origin) == "old.prototxt:2:3"
    assert str(new.value_origin) == "old.prototxt:2:6"


def test_text_of_is_empty_without_a_scalar() -> None:
    root = tree('a: "x" a: "y" b { } c: ""')
    assert [text_of(root, key) for key in "abcd"] == ["x", "", "", ""]


def test_message_in_returns_the_first_message_of_the_key() -> None:
    root = tree("m { a: 1 } m { a: 2 }")
    assert message_in(root, "m", root) is (root.children or [])[0]
    assert len(root.children or []) == 2


@pytest.mark.parametrize("text", ["x: 1", "x: 1 m: 5"])
def test_message_in_adds_a_message_if_there_is_none(text: str) -> None:
    root = tree(text)
    before = plain(root)
    added = message_in(root, "m", root.all("x")[0])
    assert (root.children or [])[-1] is added
    assert plain(root) == [*before, ("m", [])]
    assert str(added.origin) == "old.prototxt:1:1"


def test_put_replaces_all_fields_of_the_key() -> None:
    root = tree("m { a: 1 b: 2 a: 3 }")
    (message,) = root.all("m")
    put(message, new_node(message, "a", "9"))
    assert plain(message) == [("b", "2"), ("a", "9")]


def test_put_leaves_a_scalar_unchanged() -> None:
    root = tree("m: 1")
    (scalar,) = root.all("m")
    put(scalar, new_node(scalar, "a", "9"))
    assert plain(root) == [("m", "1")]


@pytest.mark.parametrize(("number", "text"), [(0, "0 layers"), (1, "1 layer"), (2, "2 layers")])
def test_count_is_plural_except_for_one(number: int, text: str) -> None:
    assert count(number, "layer") == text
