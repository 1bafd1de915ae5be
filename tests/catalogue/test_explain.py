"""Explanations of names of the config language."""

from __future__ import annotations

import pytest

from layerzoo.catalogue import explain
from layerzoo.catalogue.examples import example_text
from layerzoo.errors import UsageError


def test_explain_layer_shows_formula_fields_example_and_file() -> None:
    text = explain("Pooling")
    assert text.startswith("Pooling: layer type (vision, BVLC)\n")
    assert "rounded up unless `round_mode: FLOOR`" in text
    assert "  bottoms   1\n  tops      1 to 2\n" in text
    assert "  stride  uint32, default 1\n      Distance between two windows.\n" in text
    assert "        MAX: Maximum.\n" in text
    assert "  kernel_shape  repeated uint32, Layerzoo's own\n" in text
    assert "\n".join("  " + line for line in example_text("Pooling").splitlines()) in text
    assert text.endswith("Code: layerzoo/layers/pooling.py\n")


def test_explain_handles_layers_with_no_or_two_messages() -> None:
    assert "params    mean, variance, scale_factor" in explain("BatchNorm")
    assert "param {" not in explain("Silence").split("Example")[0]
    text = explain("SoftmaxWithLoss")
    assert "softmax_param { … }  SoftmaxParameter" in text
    assert text.count("loss_param { … }  LossParameter") == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Adam", "Adam: solver type (BVLC)"),
        ("step", "step: lr_policy (BVLC)"),
        ("xavier", 'weight_filler { type: "xavier" }'),
        ("digits", "1,797 handwritten digits"),
        ("FillerParameter", "FillerParameter: message"),
        ("SolverParameter.base_lr", "SolverParameter.base_lr: float"),
        ("pooling_param.pool", "PoolingParameter.pool: PoolMethod, default MAX"),
        ("convolution_param.weight_filler.type", "FillerParameter.type: string, default constant"),
        ("LayerParameter.phase", "TEST"),
        ("NetParameter.layer", "Fields of LayerParameter"),
    ],
)
def test_explain_knows_every_kind_of_name(name: str, text: str) -> None:
    assert text in explain(name)


def test_explain_finds_a_field_name_in_every_message() -> None:
    text = explain("kernel_size")
    assert "ConvolutionParameter.kernel_size: repeated uint32" in text
    assert "PoolingParameter.kernel_size: uint32" in text


def test_explain_lists_every_meaning_of_a_name() -> None:
    text = explain("sigmoid")
    assert "sigmoid: lr_policy (BVLC)" in text
    assert "Sigmoid: layer type" in explain("Sigmoid")


def test_explain_rejects_unknown_names() -> None:
    with pytest.raises(UsageError, match="unknown name 'Convolutoin'; did you mean 'Convolution'"):
        explain("Convolutoin")
    with pytest.raises(UsageError, match=r"unknown name 'SolverParameter\.base_rl'; did you mean 'SolverP"):
        explain("SolverParameter.base_rl")
