from __future__ import annotations

from importlib.resources import files

import pytest

from layerzoo.errors import Fault
from layerzoo.loader.binder import bind
from layerzoo.loader.unknown import forks_with
from layerzoo.nodes import prototxt
from layerzoo.schema import NetParameter, fields, messages
from layerzoo.source import Source


def hint(text: str) -> tuple[str, str | None]:
    """Message and hint of the one fault of a net."""
    faults: list[Fault] = []
    bind(prototxt.read(Source("x", text), faults), NetParameter(), faults)
    (fault,) = faults
    return fault.message, fault.hint


@pytest.mark.parametrize(
    ("text", "message", "told"),
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
            "layer { norm_param { } }",
            "unknown field 'norm_param' in a layer",
            "a field of Caffe's forks SSD, NVIDIA, Intel, MobileNet-YOLO; Layerzoo doesn't have it",
        ),
        (
            "layer { convolutionparam { } }",
            "unknown field 'convolutionparam' in a layer",
            "did you mean 'convolution_param'?",
        ),
        ("layer { quite_other_param { } }", "unknown field 'quite_other_param' in a layer", None),
        ("zzz: 1", "unknown field 'zzz' in a net", None),
    ],
)
def test_the_hint_for_an_unknown_field(text: str, message: str, told: str | None) -> None:
    if forks_with("LayerParameter", "norm_param") is None and "norm_param" in text:
        pytest.skip("no fork's field any more: the schema has it")
    assert hint(text) == (message, told)


def test_the_forks_table_speaks_of_messages_that_exist() -> None:
    text = files("layerzoo.loader").joinpath("forks.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert len(rows) > 390
    known = messages()
    assert {message.partition(".")[0] for message, _, _ in rows} <= known.keys()
    assert all(forks for _, _, forks in rows)


def test_no_fork_where_the_field_is_nobodys() -> None:
    assert forks_with("LayerParameter", "nobodys_param") is None
    assert "layer" in fields(NetParameter)
