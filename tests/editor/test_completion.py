"""What may be typed at the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.editor.completion import Completion, blobs_above, completions
from layerzoo.editor.parsed import parse
from tests.editor.texts import PROTOTXT, YAML, split

A, B = Path("a.prototxt"), Path("a.yaml")


def offered(text: str, file: Path) -> dict[str, Completion]:
    whole, offset = split(text)
    found = completions(whole, offset, file)
    assert found is not None
    return {one.label: one for one in found[1]}


def test_fields_of_a_layer_are_those_of_its_type() -> None:
    names = offered('layer { name: "a" type: "Convolution" | }', A)
    assert {"bottom", "top", "convolution_param", "param"} <= names.keys()
    assert not {"name", "type", "pooling_param", "lrn_param"} & names.keys()
    assert names["convolution_param"].text == "convolution_param {"
    assert names["bottom"].text == "bottom: "


def test_fields_of_a_layer_without_a_type_are_all() -> None:
    assert {"convolution_param", "pooling_param"} <= offered("layer { | }", A).keys()


def test_field_has_its_type_default_and_comment() -> None:
    field = offered("layer { lrn_param { | } }", A)["local_size"]
    assert field.detail == "uint32 = 5"
    assert field.doc != ""


def test_repeated_field_is_offered_again_in_prototxt_alone() -> None:
    assert "bottom" in offered('layer { bottom: "a" | }', A)
    assert "bottom" not in offered("layer:\n- bottom: a\n  |\n", B)


def test_fields_of_a_solver() -> None:
    names = offered('net: "a"\nbase_lr: 1\nlr|', A)
    assert "lr_policy" in names
    assert "layer" not in names


@pytest.mark.parametrize(
    ("text", "file", "label", "inserted"),
    [
        ("layer { pooling_param { pool: | } }", A, "AVE", "AVE"),
        ("layer { pooling_param { global_pooling: | } }", A, "true", "true"),
        ("layer { type: | }", A, "Convolution", '"Convolution"'),
        ('layer { type: "|" }', A, "Convolution", "Convolution"),
        ("layer:\n- type: |\n", B, "Convolution", "Convolution"),
        ("layer { convolution_param { weight_filler { type: | } } }", A, "xavier", '"xavier"'),
        ("base_lr: 1\nlr_policy: |\n", B, "step", "step"),
        ("base_lr: 1\nsolver_mode: |\n", B, "CPU", "CPU"),
        ("layer { dataset_param { name: | } }", A, "digits", '"digits"'),
    ],
)
def test_values(text: str, file: Path, label: str, inserted: str) -> None:
    assert offered(text, file)[label].text == inserted


def test_blobs_are_those_of_the_layers_above_nearest_first() -> None:
    prototxt = PROTOTXT.replace('type: "Pooling" bottom: "conv"', 'type: "Pooling" bottom: "|"')
    assert list(offered(prototxt, A)) == ["conv", "data"]
    assert offered(prototxt, A)["conv"].detail == "top of relu"
    assert list(offered(YAML.replace("[conv]", "[|]"), B)) == ["conv", "data"]
    assert list(blobs_above(parse('input: "x"').root, None)) == ["x"]


def test_names_of_shared_params() -> None:
    text = PROTOTXT + 'layer { name: "c2" param { name: "|" } }'
    assert list(offered(text, A)) == ["w"]


BLOCKS = """\
let { depth: 50 }
subnet {
  name: "block"
  doc: "What it does."
  arg { name: "n" type: INT default: "2" }
  layer { name: "a" type: "ReLU" bottom: "x" top: "${A}" }
}
layer { name: "c" type: "Call" subnet_param { net: "B" with { C } } }
layer { name: "${D}" }
"""


def test_subnets_and_their_parameters() -> None:
    names = offered(BLOCKS.replace('"B"', '"|"'), A)
    assert [(one.label, one.doc) for one in names.values()] == [("block", "What it does.")]
    arguments = offered(BLOCKS.replace('"B"', '"block"').replace("{ C }", "{ | }"), A)
    assert [(one.text, one.detail) for one in arguments.values()] == [("n: ", "INT = 2")]


def test_subnets_of_included_files(tmp_path: Path) -> None:
    (tmp_path / "b.prototxt").write_text(BLOCKS)
    text = 'include: "b.prototxt"\ninclude: "none"\nlayer { subnet_param { net: | } }'
    assert list(offered(text, tmp_path / "a.prototxt")) == ["block"]


def test_names_in_expressions() -> None:
    inside = offered(BLOCKS.replace("${A}", "${len(n) + |"), A)
    assert "n" in inside
    assert "depth" not in inside
    assert inside["sqrt"].text == "sqrt("
    outside = offered(BLOCKS.replace("${D}", "${de|"), A)
    assert "n" not in outside
    assert "depth" in outside


def test_blobs_above_are_completed_for_a_param() -> None:
    text = (
        'layer { name: "a" type: "Parameter" top: "w" }\nlayer { param { blob: | } }\nlayer { top: "later" }'
    )
    assert list(offered(text, A)) == ["w"]
