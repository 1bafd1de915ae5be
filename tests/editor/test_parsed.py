"""A config as it stands in an editor."""

from __future__ import annotations

from pathlib import Path

from layerzoo.editor.parsed import parse
from tests.editor.texts import PROTOTXT, YAML


def test_format_follows_the_name_and_the_look() -> None:
    assert not parse(PROTOTXT).source.bare_strings
    assert parse(YAML).source.bare_strings
    assert parse("a", Path("a.yaml")).source.bare_strings


def test_solver_is_recognised_by_its_fields() -> None:
    assert parse('net: "a" base_lr: 1').is_solver
    assert not parse(PROTOTXT).is_solver


def test_faulty_text_gives_what_could_be_read() -> None:
    config = parse('name: "a"\nlayer { name: "b"\n')
    assert [child.key for child in config.root.children or ()] == ["name", "layer"]
    assert len(config.faults) == 1
    empty = parse("# nothing")
    assert empty.root.children == []
    assert len(empty.faults) == 1


def test_field_of_a_path() -> None:
    config = parse(PROTOTXT)
    named = {".".join(node.key for node in path): config.field(path) for path in config.paths()}
    field = named["layer.convolution_param.num_output"]
    assert field is not None
    assert field.full_name == "ConvolutionParameter.num_output"
    assert named["layer"] is not None
    wrong = parse("layer { nam { x: 1 } }")
    assert [wrong.field(path) for path in wrong.paths()][1:] == [None, None]
