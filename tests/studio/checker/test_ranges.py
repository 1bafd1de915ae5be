"""Where layers stand in a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.editor.parsed import parse
from layerzoo.studio.checker.ranges import ranges

PROTOTXT = """\
name: "n"
# the first
layer { name: "a" type: "Input" top: "a" }

# the second
# has two lines
layer {
  name: "b" # its name
  type: "ReLU"
}
state { phase: TEST }
"""
YAML = """\
name: n
layer:
# the first
- name: a
  type: Input
# the second
- {name: b, type: ReLU}
subnet:
- name: s
  layer:
  - name: c
    type: ReLU
"""
OLD = 'layers { name: "a" type: RELU }\nlayers { name: "b" type: RELU }\n'


def texts(text: str, name: str) -> list[str]:
    found = sorted(set(ranges(parse(text, Path(name))).values()))
    return [text[start:end] for start, end in found]


def test_a_layer_ends_before_the_comment_of_the_next_one() -> None:
    first, second = texts(PROTOTXT, "n.prototxt")
    assert first == 'layer { name: "a" type: "Input" top: "a" }'
    assert second.startswith("layer {\n")
    assert second.endswith("}")
    assert "state" not in second


def test_layers_of_yaml_and_of_subnets() -> None:
    assert texts(YAML, "n.yaml") == [
        "name: a\n  type: Input",
        "{name: b, type: ReLU}",
        "name: c\n    type: ReLU",
    ]


@pytest.mark.parametrize("text", ["", "layer {", "layer:", "}{", "layer { layer {"])
def test_half_typed_texts_have_ranges_inside_themselves(text: str) -> None:
    for start, end in ranges(parse(text, Path("n.prototxt"))).values():
        assert 0 <= start < end <= len(text)


def test_layers_of_old_formats() -> None:
    assert texts(OLD, "n.prototxt") == OLD.splitlines()
