from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter

EXAMPLE = """
layer { name: "in" type: "Input" top: "x" top: "y" top: "w"
        input_param { shape { dim: 2 dim: 3 dim: 2 } shape { dim: 2 dim: 3 dim: 2 }
                      shape { dim: 2 dim: 2 } } }
layer { name: "p" type: "Softmax" bottom: "y" top: "p" }
layer { name: "a" type: "KLDivLoss" bottom: "x" bottom: "p" bottom: "w" top: "a" }
layer { name: "b" type: "KLDivLoss" bottom: "x" bottom: "y" top: "b"
        kl_div_loss_param { target: LOGITS temperature: 2 axis: -1 } }
layer { name: "q" type: "Softmax" bottom: "x" top: "q" }
layer { name: "c" type: "KLDivLoss" bottom: "q" bottom: "p" top: "c"
        kl_div_loss_param { input: PROBABILITIES } }
"""
X = torch.tensor([[0.3, -1, 2], [1, 1, 0]])
T = torch.tensor([[0.2, 0.3, 0.5], [1, 0, 0]])


def loss(make, text, *blobs):
    return make(f'type: "KLDivLoss" {text}', *[tuple(b.shape) for b in blobs])(*blobs)


def by_torch(log_p, t):
    return F.kl_div(log_p, t, reduction="none").sum(1)


def test_divergence_by_hand(make):
    p, t = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.25, 0.75]])
    value = loss(make, "kl_div_loss_param { input: PROBABILITIES }", p, t)
    assert value.item() == pytest.approx(0.25 * -0.693147 + 0.75 * 0.405465, abs=1e-5)


@pytest.mark.parametrize(
    ("form", "convert"),
    [
        ("LOGITS", lambda x: x),
        ("LOG_PROBABILITIES", lambda x: x.log_softmax(1)),
        ("PROBABILITIES", lambda x: x.softmax(1)),
    ],
)
def test_every_form_of_both_bottoms_agrees_with_torch(make, form, convert):
    expected = by_torch(X.log_softmax(1), T).mean()
    torch.testing.assert_close(loss(make, f"kl_div_loss_param {{ input: {form} }}", convert(X), T), expected)
    y = torch.tensor([[0.1, 0.2, 0.9], [2, -1, 0.5]])
    expected = by_torch(X.log_softmax(1), y.softmax(1)).mean()
    torch.testing.assert_close(loss(make, f"kl_div_loss_param {{ target: {form} }}", X, convert(y)), expected)


def test_classes_of_target_zero_add_nothing_even_at_probability_zero(make):
    x = torch.tensor([[0.0, float("-inf")]], requires_grad=True)
    value = loss(make, "", x, torch.tensor([[1.0, 0]]))
    value.backward()
    assert value.item() == 0
    assert x.grad.tolist() == [[0, 0]]


def test_distillation_scales_by_the_square_of_the_temperature(make):
    y = torch.tensor([[0.1, 0.2, 0.9], [2, -1, 0.5]])
    value = loss(make, "kl_div_loss_param { target: LOGITS temperature: 4 }", X, y)
    expected = 16 * by_torch((X / 4).log_softmax(1), (y / 4).softmax(1)).mean()
    torch.testing.assert_close(value, expected)


def test_axis_and_normalisation(make):
    x, t = torch.randn(2, 5, 4), torch.randn(2, 5, 4).softmax(2)
    total = F.kl_div(x.log_softmax(2), t, reduction="sum")
    torch.testing.assert_close(loss(make, "kl_div_loss_param { axis: 2 }", x, t), total / 10)
    text = "kl_div_loss_param { axis: -1 } loss_param { normalization: BATCH_SIZE }"
    torch.testing.assert_close(loss(make, text, x, t), total / 2)


def test_weights_of_samples_and_positions(make):
    each = by_torch(X.log_softmax(1), T)
    value = loss(make, "", X, T, torch.tensor([3.0, 1]))
    torch.testing.assert_close(value, (3 * each[0] + each[1]) / 4)
    x, t, w = torch.randn(2, 3, 4), torch.randn(2, 3, 4).softmax(1), torch.rand(2, 4) + 1
    each = F.kl_div(x.log_softmax(1), t, reduction="none").sum(1)
    torch.testing.assert_close(loss(make, "", x, t, w), (each * w).sum() / w.sum())


def test_both_bottoms_have_a_gradient(make):
    x, y = X.clone().requires_grad_(), T.log().clamp(min=-9).requires_grad_()
    loss(make, "kl_div_loss_param { target: LOGITS }", x, y).backward()
    torch.testing.assert_close(x.grad, (X.softmax(1) - y.detach().softmax(1)) / 2)
    assert y.grad.abs().sum() > 0


def test_wrong_settings_are_faults(shapes):
    with pytest.raises(LayerFault, match=r"targets of shape \(2,\); they must be equal"):
        shapes("KLDivLoss", (2, 3), (2,))
    with pytest.raises(LayerFault, match="temperature 0 is not above 0") as caught:
        shapes('type: "KLDivLoss" kl_div_loss_param { temperature: 0 }', (2, 3), (2, 3))
    assert caught.value.field == "kl_div_loss_param.temperature"
    with pytest.raises(LayerFault, match="3 weights") as caught:
        shapes("KLDivLoss", (2, 3), (2, 3), (3,))
    assert caught.value.bottom == 2


def test_temperature_without_logits_is_told():
    fields = {"input": 2, "target": 2, "temperature": 2}
    assert "kl_div_loss_param.temperature" in LAYERS["KLDivLoss"].unread(
        LayerParameter(kl_div_loss_param=fields)
    )
    assert "kl_div_loss_param.temperature" not in LAYERS["KLDivLoss"].unread(LayerParameter())
