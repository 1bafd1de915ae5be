"""Names in a config: producers, references, renaming, symbols."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from layerzoo.editor.names import Name, file_of, name_at, producers, references, renamed, span, symbols
from layerzoo.editor.parsed import Parsed, parse
from layerzoo.loader import parse_net
from tests.editor.texts import BLOCKS, PROTOTXT, YAML

TEXTS = pytest.mark.parametrize("text", [PROTOTXT, YAML], ids=["prototxt", "yaml"])


def at(text: str, line: int, word: str) -> tuple[Parsed, Name]:
    """The name at a word of a line, counted from 1."""
    start = sum(len(one) + 1 for one in text.split("\n")[: line - 1])
    config = parse(text)
    name = name_at(config, text.index(word, start) + 1)
    assert name is not None
    return config, name


def lines(config: Parsed, nodes: list[object]) -> list[int]:
    return [config.source.position(node.value_offset).line for node in nodes]  # type: ignore[attr-defined]


def test_producer_is_the_last_layer_above() -> None:
    config, name = at(PROTOTXT, 12, 'conv" top')
    assert lines(config, list(producers(config, name))) == [11]
    config, name = at(PROTOTXT, 11, 'conv" top')
    assert lines(config, list(producers(config, name))) == [7]
    config, name = at(YAML, 16, "conv")
    assert lines(config, list(producers(config, name))) == [13]


def test_producers_of_several_phases_are_all() -> None:
    train = 'layer { name: "d" top: "x" include { phase: TRAIN } }\n'
    text = train + train.replace("TRAIN", "TEST") + 'layer { bottom: "x" }\n'
    config, name = at(text, 3, 'x"')
    assert lines(config, list(producers(config, name))) == [1, 2]


def test_input_of_a_net_is_a_producer() -> None:
    config, name = at('input: "x"\nlayer { bottom: "x" }', 2, 'x"')
    assert lines(config, list(producers(config, name))) == [1]


@TEXTS
def test_references_are_all_bottoms_and_tops(text: str) -> None:
    line = 7 if text is PROTOTXT else 10
    config, name = at(text, line, "conv")
    assert len(references(config, name)) == 4


@TEXTS
def test_renamed_blob_gives_an_equal_net_but_for_the_name(text: str) -> None:
    line = 7 if text is PROTOTXT else 10
    config, name = at(text, line, "conv")
    result = text
    for start, end, new in sorted(renamed(config, name, "res/1 a"), reverse=True):
        result = result[:start] + new + result[end:]
    net = parse_net(result).message
    assert [list(layer.top) for layer in net.layer] == [["data"], ["res/1 a"], ["res/1 a"], ["pool"]]
    assert [list(layer.bottom) for layer in net.layer] == [[], ["data"], ["res/1 a"], ["res/1 a"]]
    assert net.layer[1].name == "conv"


@TEXTS
def test_renamed_layer_and_param(text: str) -> None:
    line, key = (4, "conv") if text is PROTOTXT else (7, "conv")
    config, name = at(text, line, key)
    assert name.kind == "layer"
    ((start, end, _),) = renamed(config, name, "c")
    assert text[start:end].strip('"') == "conv"
    config, name = at(text, 8 if text is PROTOTXT else 11, 'w" lr' if text is PROTOTXT else "w, lr")
    assert name.kind == "param"


def test_new_name_is_quoted_where_yaml_needs_it() -> None:
    config, name = at(YAML, 7, "conv")
    assert [new for _, _, new in renamed(config, name, "a: b")] == ['"a: b"']
    assert [new for _, _, new in renamed(config, name, "yes")] == ['"yes"']
    config, name = at(PROTOTXT, 4, "conv")
    assert [new for _, _, new in renamed(config, name, 'a"b')] == ['"a\\"b"']


def test_alias_of_yaml_is_renamed_once() -> None:
    text = "layer:\n- &x {name: a, top: t}\n- *x\n"
    config, name = at(text, 2, "t}")
    assert len(references(config, name)) == 1


def test_net_of_a_solver_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "n.prototxt").write_text(PROTOTXT)
    text = 'net: "n.prototxt"\nbase_lr: 1'
    config = parse(text, tmp_path / "s.prototxt")
    name = name_at(config, 7)
    assert name is not None
    assert name.kind == "file"
    assert file_of(config, name) == tmp_path / "n.prototxt"
    assert file_of(parse(text), name) is None


def test_other_values_are_no_names() -> None:
    assert name_at(parse(PROTOTXT), PROTOTXT.index("Convolution")) is None


@TEXTS
def test_symbols_are_the_layers(text: str) -> None:
    found = symbols(parse(text))
    assert [(one.name, one.type) for one in found] == [
        ("data", "Input"),
        ("conv", "Convolution"),
        ("relu", "ReLU"),
        ("pool", "Pooling"),
    ]
    for one in found:
        assert text[one.name_start : one.name_end].strip('"') == one.name
        assert one.start <= one.name_start < one.name_end <= one.end
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_span_has_the_quotes() -> None:
    node = parse('name: "a b"').root.children[0]  # type: ignore[index]  # a message has children
    assert span(node) == (6, 11)


def test_names_in_a_subnet_are_its_own() -> None:
    config, name = at(BLOCKS, 7, 'x" top')
    assert lines(config, list(producers(config, name))) == [6]
    assert lines(config, list(references(config, name))) == [6, 7]
    config, name = at(BLOCKS, 10, 'x" top')
    assert lines(config, list(references(config, name))) == [9, 10]


def test_blob_of_a_repeated_layer_is_known_below_it() -> None:
    config, name = at(BLOCKS, 11, 'z" top')
    assert lines(config, list(producers(config, name))) == [10]


def test_subnet_is_found_where_it_is_used() -> None:
    config, name = at(BLOCKS, 11, "block")
    assert name.kind == "subnet"
    assert lines(config, list(producers(config, name))) == [4]
    assert lines(config, list(references(config, name))) == [4, 11]


def test_include_is_a_file() -> None:
    config, name = at(BLOCKS, 1, "none.yaml")
    assert name.kind == "file"
    assert file_of(config, name) is None


def test_symbols_of_a_subnet_are_inside_it() -> None:
    found = symbols(parse(BLOCKS))
    assert [(one.name, one.type) for one in found] == [
        ("block", "subnet"),
        ("x", "Input"),
        ("", ""),
        ("c", "Call"),
    ]
    assert [one.name for one in found[0].inside] == ["x", "a"]


PARAM_BLOB = """layer { name: "v" type: "Parameter" top: "w" }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" param { name: "w" } param { blob: "w" } }
"""


def test_blob_of_a_param_is_a_use_of_the_blob() -> None:
    config, name = at(PARAM_BLOB, 2, 'w" } }')
    assert name.kind == "blob"
    assert lines(config, list(producers(config, name))) == [1]
    assert lines(config, list(references(config, name))) == [1, 2]
    edits = list(renamed(config, name, "weight"))
    assert [PARAM_BLOB[start:end] for start, end, _ in edits] == ['"w"', '"w"']
    assert [PARAM_BLOB[:start].count("\n") for start, *_ in edits] == [0, 1]
