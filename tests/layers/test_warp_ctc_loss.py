from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from tests.functional.sequences import cost_and_posterior, softmax

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 3 } } }
layer { name: "label" type: "DummyData" top: "label" dummy_data_param { shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "WarpCTCLoss" bottom: "x" bottom: "label" top: "loss" }
"""
SCORES = np.random.default_rng(4).standard_normal((5, 2, 4))
CONT = torch.tensor([[0.0, 1, 1, 0, 1], [0, 1, 1, 1, 1]]).T


@pytest.mark.parametrize(
    ("blank", "others", "sequences", "steps"),
    [
        (0, [torch.tensor([[1.0, 0, 2], [3, 0, 0]])], ([1, 2], [3]), (5, 5)),
        (-1, [torch.tensor([[1.0, 3, 2], [3, 0, 3]])], ([1, 2], [0]), (5, 5)),
        # with indicators and a blank label of 0, labels are counted from 1
        (0, [CONT, torch.tensor([[1.0, -1], [0, 2]]).T], ([2], [1, 3]), (3, 5)),
        (3, [CONT, torch.tensor([[1.0, -1], [0, 2]]).T], ([1], [0, 2]), (3, 5)),
        (
            0,
            [torch.tensor([4.0, 3]), torch.tensor([2.0, 1]), torch.tensor([[1.0, 2], [3, 3]]).T],
            ([1, 2], [3]),
            (4, 3),
        ),
    ],
)
@pytest.mark.parametrize("kind", ["WarpCTCLoss", "WarpCTC"])
def test_bottoms_in_each_form(make, kind, blank, others, sequences, steps):
    leaf = torch.from_numpy(SCORES).requires_grad_()
    shapes = [(5, 2, 4), *(tuple(other.shape) for other in others)]
    layer = make(f'type: "{kind}" loss_weight: 0.5', *shapes, ctc_loss_param={"blank_index": blank})
    loss = layer(leaf, *others)
    (0.5 * loss).backward()
    total = 0.0
    for n, labels in enumerate(sequences):
        p = softmax(SCORES[: steps[n], n])
        cost, posterior = cost_and_posterior(p, labels, blank % 4)
        total += cost
        np.testing.assert_allclose(leaf.grad[: steps[n], n].numpy(), p - posterior, atol=1e-9)
    assert loss.item() == pytest.approx(total / 2)


def test_loss_is_the_mean_of_what_can_be_aligned(make):
    layer = make("WarpCTCLoss", (2, 2, 3), (2, 2), ctc_loss_param={"blank_index": 0})
    loss = layer(torch.zeros(2, 2, 3), torch.tensor([[1.0, 1.0], [1.0, 2.0]]))
    assert loss.item() == pytest.approx(np.log(9))


@pytest.mark.parametrize(
    ("bottoms", "message"),
    [
        (((5, 2, 4), (3, 2)), r"for 2 sequences; expected \(N, L\)"),
        (((5, 2, 4), (4, 2), (3, 2)), r"indicators of shape \(4, 2\)"),
        (((5, 2, 4), (2,), (3,), (3, 2)), "3 lengths for 2 sequences"),
    ],
)
def test_mistakes(shapes, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes("WarpCTCLoss", *bottoms)
