from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from tests.functional.sequences import cost_and_posterior, softmax

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 3 } } }
layer { name: "label" type: "DummyData" top: "label" dummy_data_param { shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "CtcLoss" bottom: "x" bottom: "label" top: "loss"
  ctc_loss_param { alphabet_size: 3 time_step: 4 } }
"""
PARAM = {"alphabet_size": 4, "time_step": 5, "blank_label": 0}


def test_loss_is_the_mean_and_the_gradient_of_the_sum(make):
    scores = np.random.default_rng(2).standard_normal((5, 3, 4))
    labels = np.array([[1, 0, 2], [3, 3, 3], [2, 0, 0]], float)
    leaf = torch.from_numpy(scores).requires_grad_()
    loss = make("CtcLoss", (5, 3, 4), (3, 3), ctc_loss_param=PARAM)(leaf, torch.from_numpy(labels))
    (2 * loss).backward()
    total = 0.0
    for n, sequence in enumerate(([1, 2], [3, 3, 3], [2])):
        cost, posterior = cost_and_posterior(softmax(scores[:, n]), sequence, 0)
        total += cost
        np.testing.assert_allclose(
            leaf.grad[:, n].numpy(), 2 * (softmax(scores[:, n]) - posterior), atol=1e-9
        )
    assert loss.item() == pytest.approx(total / 3)


def test_sequence_that_cannot_be_aligned_costs_nothing(make):
    x = torch.zeros(2, 1, 3, requires_grad=True)
    layer = make("CtcLoss", (2, 1, 3), (1, 2), ctc_loss_param={"alphabet_size": 3, "time_step": 2})
    loss = layer(x, torch.tensor([[1.0, 1.0]]))
    loss.backward()
    assert loss.item() == 0
    assert not x.grad.any()


@pytest.mark.parametrize(
    ("bottoms", "change", "message"),
    [
        (((5, 3), (3, 3)), {}, r"expected \(time steps, N, labels"),
        (((5, 3, 4), (2, 3)), {}, r"for 3 sequences; expected \(N, L\)"),
        (((5, 3, 4), (3, 3)), {"alphabet_size": 0}, "alphabet_size must be at least 1"),
        (((5, 3, 4), (3, 3)), {"time_step": 6}, "time_step 6 for scores of 5 steps"),
        (((5, 3, 4), (3, 3)), {"blank_label": 4}, "blank_label 4; 0 to 3 exist"),
    ],
)
def test_mistakes(shapes, bottoms, change, message):
    with pytest.raises(LayerFault, match=message):
        shapes("CtcLoss", *bottoms, ctc_loss_param={**PARAM, **change})


def test_label_out_of_range_is_an_error(make):
    with pytest.raises(DataError, match="label 4 is out of range"):
        make("CtcLoss", (5, 1, 4), (1, 1), ctc_loss_param=PARAM)(torch.zeros(5, 1, 4), torch.tensor([[4.0]]))


def test_another_alphabet_size_is_a_warning(make):
    """Templates of DeepDetect have one that its server sets."""
    layer = make("CtcLoss", (5, 1, 4), (1, 1), ctc_loss_param={**PARAM, "alphabet_size": 3})
    assert layer.check(layer.param, [(5, 1, 4), (1, 1)]) == [
        "alphabet_size 3 for scores of 4 labels; 4 count"
    ]
    assert layer(torch.zeros(5, 1, 4), torch.tensor([[3.0]])).item() > 0
