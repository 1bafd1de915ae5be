from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault

# Distances 5 (similar), 0.5 and 2 (dissimilar).
A = torch.tensor([[3.0, 4.0], [0.3, 0.4], [2.0, 0.0]])
B = torch.zeros(3, 2)
SIMILAR = torch.tensor([1.0, 0.0, 0.0])
SHAPES = ((3, 2), (3, 2), (3,))


def test_loss_and_gradients(make):
    a, b = A.clone().requires_grad_(), B.clone().requires_grad_()
    loss = make('type: "ContrastiveLoss"', *SHAPES)(a, b, SIMILAR)
    loss.backward()
    assert loss.item() == pytest.approx((25 + 0.5**2 + 0) / 6)
    # Caffe divides by the distance plus 1e-4.
    pushed = -0.5 / (0.5 + 1e-4) / 3
    expected = torch.tensor([[1.0, 4 / 3], [0.3 * pushed, 0.4 * pushed], [0.0, 0.0]])
    torch.testing.assert_close(a.grad, expected)
    torch.testing.assert_close(b.grad, -expected)


def test_legacy_version_and_margin(make):
    text = 'type: "ContrastiveLoss" contrastive_loss_param { legacy_version: true margin: 2 }'
    a = A.clone().requires_grad_()
    loss = make(text, *SHAPES)(a, B, SIMILAR)
    loss.backward()
    assert loss.item() == pytest.approx((25 + (2 - 0.25) + 0) / 6)
    torch.testing.assert_close(a.grad[1], torch.tensor([-0.1, -0.4 / 3]))


def test_gradient_of_equal_dissimilar_pair_is_zero(make):
    a = torch.zeros(3, 2, requires_grad=True)
    loss = make('type: "ContrastiveLoss"', *SHAPES)(a, B, torch.zeros(3))
    loss.backward()
    assert loss.item() == pytest.approx(0.5)
    assert a.grad.tolist() == [[0.0, 0.0]] * 3


def test_similarity_of_one_half_counts_as_dissimilar(make):
    layer = make('type: "ContrastiveLoss"', *SHAPES)
    assert layer(A, B, torch.full((3,), 0.5)).item() == pytest.approx(0.25 / 6)


@pytest.mark.parametrize("legacy", ["true", "false"])
def test_gradient(make, legacy):
    a, b = (torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    text = 'type: "ContrastiveLoss" contrastive_loss_param { margin: 4 legacy_version: ' + legacy + " }"
    layer = make(text, (4, 3), (4, 3), (4,))
    assert gradcheck(lambda a, b: layer(a, b, torch.tensor([1.0, 0, 0, 1])), (a, b))


def test_shapes(shapes):
    assert shapes('type: "ContrastiveLoss"', (3, 2, 1, 1), (3, 2), (3, 1)) == [()]
    with pytest.raises(LayerFault, match="with the same C"):
        shapes('type: "ContrastiveLoss"', (3, 2), (3, 4), (3,))
    with pytest.raises(LayerFault, match=r"similarities of shape \(3, 2\) for 3 pairs"):
        shapes('type: "ContrastiveLoss"', (3, 2), (3, 2), (3, 2))
