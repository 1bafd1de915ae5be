from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

X = torch.tensor([[1.0, 2.0], [3.0, 0.0], [0.0, 0.0]])
LABELS = torch.tensor([1.0, 1.0, 0.0])


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_l2_loss_and_gradients(make, weight):
    x = X.clone().requires_grad_()
    layer = make(
        f'type: "CenterLoss" loss_weight: {weight}', (3, 2), (3,), center_loss_param={"num_output": 3}
    )
    layer.centers.data[1] = torch.tensor([1.0, 1.0])
    loss = layer(x, LABELS)
    (loss * weight).backward()
    assert loss.item() == pytest.approx((1 + 5 + 0) / 6)
    expected = torch.tensor([[0.0, 1.0], [2.0, -1.0], [0.0, 0.0]]) / 3 * weight
    torch.testing.assert_close(x.grad, expected)
    # 2 / (2 + 1) of the differences, whatever the loss weight is
    torch.testing.assert_close(
        layer.centers.grad, torch.tensor([[0.0, 0.0], [-2.0, 0.0], [0.0, 0.0]]) * 2 / 3
    )


def test_l1_loss_and_gradients(make):
    x = X.clone().requires_grad_()
    layer = make("CenterLoss", (3, 2), (3,), center_loss_param={"num_output": 2, "distance_type": "L1"})
    layer.centers.data[1] = torch.tensor([1.0, 1.0])
    loss = layer(x, LABELS)
    loss.backward()
    assert loss.item() == pytest.approx((1 + 3 + 0) / 3)
    torch.testing.assert_close(x.grad, torch.tensor([[0.0, 1.0], [1.0, -1.0], [0.0, 0.0]]) / 3)
    torch.testing.assert_close(layer.centers.grad, torch.tensor([[0.0, 0.0], [-1.0, 0.0]]) * 2 / 3)


@pytest.mark.parametrize(
    ("bottoms", "param", "message"),
    [
        (((3, 2), (3,)), {"num_output": 2, "distance_type": "L0"}, "expected 'L1' or 'L2'"),
        (((3, 2), (3, 2)), {"num_output": 2}, r"labels of shape \(3, 2\) for 3 items"),
        (((3, 2, 2), (3,)), {"num_output": 2, "axis": 2}, "more than one item per label"),
    ],
)
def test_mistakes(shapes, bottoms, param, message):
    with pytest.raises(LayerFault, match=message):
        shapes("CenterLoss", *bottoms, center_loss_param=param)


def test_num_output_is_required(make):
    with pytest.raises(LayerFault, match="num_output must be at least 1"):
        make("CenterLoss", (3, 2), (3,))
