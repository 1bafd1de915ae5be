"""The place of the cursor in a half-typed config."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.editor.cursor import cursor_at
from tests.editor.texts import split

A, B = Path("a.prototxt"), Path("a.yaml")
CASES = {
    "field of a net": (A, "na|", [], None, "na"),
    "field of a layer": (A, 'layer {\n  name: "a"\n  bo|\n}\nlayer { name: "b" }', ["layer"], None, "bo"),
    "field in a layer that is not closed": (A, "layer {\n  |", ["layer"], None, ""),
    "field of a message": (A, "layer { lrn_param { al| } }", ["layer", "lrn_param"], None, "al"),
    "value": (A, "layer { pooling_param { pool: M| } }", ["layer", "pooling_param"], "pool", "M"),
    "value that is missing": (
        A,
        "layer { pooling_param { pool: | } }",
        ["layer", "pooling_param"],
        "pool",
        "",
    ),
    "value in quotes": (A, 'layer { type: "Conv|" bottom: "x" }', ["layer"], "type", "Conv"),
    "value in open quotes": (A, 'layer {\n type: "Conv|\n bottom: "x" }', ["layer"], "type", "Conv"),
    "value after a fault": (A, 'name = 1\nlayer { type: "|" }', ["layer"], "type", ""),
    "YAML: field of a net": (B, "name: a\nla|", [], None, "la"),
    "YAML: field of a layer": (B, "layer:\n- name: a\n  bo|\n- name: b\n", ["layer"], None, "bo"),
    "YAML: first field of a layer": (B, "layer:\n- name: a\n- na|", ["layer"], None, "na"),
    "YAML: value": (B, "layer:\n- name: a\n  type: Conv|\n", ["layer"], "type", "Conv"),
    "YAML: value that is missing": (B, "layer:\n- name: a\n  type: |\n", ["layer"], "type", ""),
    "YAML: value in a flow list": (B, "layer:\n- bottom: [a, b|]\n", ["layer"], "bottom", "b"),
    "YAML: element of a list": (B, "layer:\n- bottom:\n  - b|\n", ["layer"], "bottom", "b"),
    "YAML: field in a flow mapping": (B, "layer:\n- lrn_param: {al|}\n", ["layer", "lrn_param"], None, "al"),
    "YAML: second field in a flow mapping": (
        B,
        "layer:\n- lrn_param: {alpha: 1, be|}\n",
        ["layer", "lrn_param"],
        None,
        "be",
    ),
    "YAML: value in a flow mapping": (
        B,
        "layer:\n- pooling_param: {kernel_size: 1, pool: M|}\n",
        ["layer", "pooling_param"],
        "pool",
        "M",
    ),
    "YAML: field below a message": (B, "layer:\n- lrn_param:\n    al|\n", ["layer", "lrn_param"], None, "al"),
}


@pytest.mark.parametrize(("file", "text", "path", "key", "word"), CASES.values(), ids=CASES.keys())
def test_cursor(file: Path, text: str, path: list[str], key: str | None, word: str) -> None:
    whole, offset = split(text)
    cursor = cursor_at(whole, offset, file)
    assert cursor is not None
    assert [node.key for node in cursor.path] == path
    assert (cursor.key.name if cursor.key is not None else None) == key
    assert cursor.before == word
    assert whole[cursor.start : cursor.end].startswith(word)


def test_cursor_in_a_comment_is_none() -> None:
    assert cursor_at("# na", 4, A) is None
    assert cursor_at('name: "# a', 10, A) is not None


def test_siblings_are_the_fields_of_the_same_message() -> None:
    text, offset = split('layer { name: "a" | type: "b" }')
    cursor = cursor_at(text, offset, A)
    assert cursor is not None
    assert cursor.siblings == {"name", "type"}
    assert cursor.layer is cursor.path[0]
