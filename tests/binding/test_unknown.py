"""Messages and hints for fields that are missing in the schema."""

from __future__ import annotations

import pytest

from layerzoo import forks
from layerzoo.binding import bind
from layerzoo.errors import Fault
from layerzoo.nodes import prototxt
from layerzoo.schema import NetParameter
from layerzoo.source import Source


def hint(text: str) -> tuple[str, str | None]:
    """Message and hint of the one fault of a net."""
    faults: list[Fault] = []
    bind(prototxt.read(Source("x", text), faults), NetParameter(), faults)
    (fault,) = faults
    return fault.message, fault.hint


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        ("layr { }", "unknown field 'layr' in a net", "did you mean 'layer'?"),
        (
            "layer { convolution_param { num_ouput: 5 } }",
            "unknown field 'num_ouput' in 'convolution_param'",
            "did you mean 'num_output'?",
        ),
        (
            "layer { type: 'Convolution' kernel_size: 5 }",
            "unknown field 'kernel_size' in a layer",
            "it belongs in 'convolution_param'",
        ),
        ("layer { lr_mult: 5 }", "unknown field 'lr_mult' in a layer", "it belongs in 'param'"),
        (
            "layer { relu_param { bottom: 'x' } }",
            "unknown field 'bottom' in 'relu_param'",
            "it is a field of the layer: close 'relu_param' before it",
        ),
        ("layer { layer { } }", "unknown field 'layer' in a layer", "a '}' is missing above it"),
        (
            "layer { convolutionparam { } }",
            "unknown field 'convolutionparam' in a layer",
            "did you mean 'convolution_param'?",
        ),
        ("layer { quite_other_param { } }", "unknown field 'quite_other_param' in a layer", None),
        ("zzz: 1", "unknown field 'zzz' in a net", None),
    ],
)
def test_hint_for_an_unknown_field(text: str, message: str, expected: str | None) -> None:
    assert hint(text) == (message, expected)


def test_unknown_field_names_the_forks_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "table", lambda: {("LayerParameter", "frobnicate_param"): "Here, There"})
    assert hint("layer { frobnicate_param { } }") == (
        "unknown field 'frobnicate_param' in a layer",
        "a field of Caffe's forks Here, There, which Layerzoo does not support",
    )
