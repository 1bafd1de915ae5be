"""What is shown of a word."""

from __future__ import annotations

import pytest

from layerzoo.editor.hover import hover
from layerzoo.editor.parsed import parse
from tests.editor.texts import PROTOTXT, YAML

TEXTS = pytest.mark.parametrize("text", [PROTOTXT, YAML], ids=["prototxt", "yaml"])


def shown(text: str, word: str) -> str:
    found = hover(parse(text), text.index(word))
    assert found is not None
    assert text[found.start : found.end].strip('"').startswith(word.strip('"'))
    return found.text


@TEXTS
def test_field_is_explained(text: str) -> None:
    assert shown(text, "num_output").startswith("ConvolutionParameter.num_output: uint32")


@TEXTS
def test_layer_type_is_explained(text: str) -> None:
    assert shown(text, "Convolution").startswith("Convolution: layer type (vision, BVLC)")


@TEXTS
def test_blob_says_where_it_is_produced_and_used(text: str) -> None:
    config = parse(text)
    found = hover(config, text.index("data", text.index("bottom")))
    assert found is not None
    lines = ("2", "6") if text is PROTOTXT else ("5", "9")
    assert found.text == f"blob data\nproduced on line {lines[0]}\nused on line {lines[1]}"


def test_unknown_words_have_no_text() -> None:
    text = 'layer { nam: "x" type: "Nothing" } # comment'
    for word in ("nam", "Nothing", "comment"):
        assert hover(parse(text), text.index(word)) is None
