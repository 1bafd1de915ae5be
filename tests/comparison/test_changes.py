"""The differences of two messages."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from layerzoo.comparison import Change, changes_of
from layerzoo.comparison.changes import message_text
from layerzoo.schema import BlobProto, LayerParameter, SolverParameter

CASES = {
    "equal": ("lrn_param { alpha: 2 }", "lrn_param { alpha: 2 }", []),
    "a default that is written out": ("", "lrn_param { local_size: 5 }", []),
    "a message without fields": ("", "relu_param {}", []),
    "a default and another value": (
        "lrn_param {}",
        "lrn_param { local_size: 3 }",
        [("changed", "lrn_param.local_size", "5 (default)", "3")],
    ),
    "no default": (
        "inner_product_param {}",
        "inner_product_param { num_output: 0 }",
        [("changed", "inner_product_param.num_output", "unset", "0")],
    ),
    "an enum": (
        "pooling_param { pool: AVE }",
        "pooling_param { pool: MAX }",
        [("changed", "pooling_param.pool", "AVE", "MAX")],
    ),
    "a string": ('name: "a"', 'name: "b"', [("changed", "name", '"a"', '"b"')]),
    "a list of scalars": (
        'bottom: "a"',
        'bottom: "a" bottom: "b"',
        [("changed", "bottom", '"a"', '["a", "b"]')],
    ),
    "an empty list": (
        "convolution_param { pad: 1 }",
        "convolution_param {}",
        [("changed", "convolution_param.pad", "1", "unset")],
    ),
    "params with defaults": ("param { lr_mult: 1 }", "param {} param { decay_mult: 1 }", []),
    "a param": ("", "param { lr_mult: 0 }", [("changed", "param[0].lr_mult", "1 (default)", "0")]),
    "elements": (
        "include { phase: TRAIN } include { stage: 'a' }",
        "include { phase: TEST }",
        [
            ("changed", "include[0].phase", "TRAIN", "TEST"),
            ("removed", "include[1]", '{ stage: "a" }', None),
        ],
    ),
    "an element with defaults": ("", "include {}", [("added", "include[0]", None, "{}")]),
    "not a number": ("power_param { scale: nan }", "power_param { scale: nan }", []),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_changes(old: str, new: str, expected: list[tuple[str, str, str | None, str | None]]) -> None:
    messages = [text_format.Parse(text, LayerParameter()) for text in (old, new)]
    assert list(changes_of(*messages)) == [
        Change(kind, path, before, after)  # type: ignore[arg-type]  # of a literal type
        for kind, path, before, after in expected
    ]


def test_skipped_fields_are_not_compared() -> None:
    assert (
        list(changes_of(SolverParameter(net="a", base_lr=1), SolverParameter(net="b", base_lr=1), ["net"]))
        == []
    )


def test_long_values_are_shortened() -> None:
    (change,) = changes_of(BlobProto(data=[0.5] * 3), BlobProto(data=[0.5] * 1000))
    assert change.old == "[0.5, 0.5, 0.5]"
    assert change.new == f"[{'0.5, ' * 12}… 1,000 values]"
    (change,) = changes_of(SolverParameter(net="a"), SolverParameter(net="b" * 1000))
    assert len(change.new or "") == 200


def test_message_text_has_all_fields_on_one_line() -> None:
    text = 'phase: TRAIN\nstage: "a"\nstage: "b"'
    layer = text_format.Parse(f"include {{ {text} }} lrn_param {{ alpha: 2 }}", LayerParameter())
    assert message_text(layer) == '{ include { phase: TRAIN stage: ["a", "b"] } lrn_param { alpha: 2 } }'
