from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

X = torch.tensor([[1.0, 2.0], [4.0, 0.0]])
C = torch.tensor([[0.0, 0.0], [4.0, 2.0]])
UP = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def run(layer, *bottoms):
    leaves = [b.clone().requires_grad_() for b in bottoms]
    y = layer(*leaves)
    y.backward(UP)
    return y.tolist(), [None if leaf.grad is None else leaf.grad.tolist() for leaf in leaves]


def test_squared_distances_to_the_second_bottom(make):
    value, (of_x, of_c) = run(make("InnerDistance", (2, 2), (2, 2)), X, C)
    assert value == [[5, 9], [16, 4]]
    assert of_x == [[2 * 1 + 4 * -3, 2 * 2], [6 * 4, 8 * -2]]
    assert of_c == [[-2 - 24, -4], [4 * 3, 8 * 2]]


def test_l1_has_minus_1_at_negative_differences(make):
    layer = make("InnerDistance", (2, 2), (2, 2), inner_distance_param={"distance_type": "L1"})
    value, (of_x, of_c) = run(layer, X, C)
    assert value == [[3, 3], [4, 2]]
    # above: what arrives; below: -1; equal: 0
    assert of_x == [[1 - 1, 1], [3, -1]]
    assert of_c == [[-1 - 1, -1], [2, 4]]


def test_update_center_only_gives_a_centre_the_gradient_of_its_own_items(make):
    layer = make("InnerDistance", (2, 2), (2, 2), (2,), inner_distance_param={"update_center_only": True})
    value, (of_x, of_c, of_labels) = run(layer, X, C, torch.tensor([1.0, 1.0]))
    assert value == [[5, 9], [16, 4]]
    assert of_x == [[2 * 1 + 4 * -3, 2 * 2], [6 * 4, 8 * -2]]
    assert of_c == [[0, 0], [4 * 3, 8 * 2]]
    assert of_labels is None


def test_normalised_centres_are_a_param_blob_of_length_1(make):
    layer = make("InnerDistance", (2, 2), inner_distance_param={"num_output": 2, "normalize": True})
    layer.weight.data.copy_(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    y = layer(X)
    torch.testing.assert_close(layer.weight.data, torch.tensor([[0.6, 0.8], [0.0, 1.0]]))
    torch.testing.assert_close(y, torch.tensor([[0.16 + 1.44, 2.0], [11.56 + 0.64, 17.0]]))
    y.backward(UP)
    torch.testing.assert_close(  # as if they had been of length 1
        layer.weight.grad,
        torch.tensor(
            [[2 * (0.6 - 1) + 6 * (0.6 - 4), 2 * (0.8 - 2) + 6 * 0.8], [-4.0 - 32, 4 * -1 + 8 * 1.0]]
        ),
    )


def test_transpose_changes_the_shape_only(make):
    param = {"num_output": 3, "transpose": True}
    layer = make("InnerDistance", (2, 2), inner_distance_param=param)
    assert layer.weight.shape == (2, 3)
    layer.weight.data.copy_(torch.tensor([[0.0, 0.0, 4.0], [2.0, 1.0, 1.0]]))
    assert layer(X).tolist() == [[5, 9, 1], [16, 4, 10]]


@pytest.mark.parametrize(
    ("bottoms", "param", "message"),
    [
        (((2, 2),), {}, "num_output must be at least 1"),
        (((2, 2), (2, 3)), {}, "expected 2 values in each"),
        (((2, 2), (2, 2)), {"distance_type": "L3"}, "expected 'L1' or 'L2'"),
        (((2, 2), (2, 2)), {"update_center_only": True}, "needs three bottoms"),
        (((2, 2), (2, 2), (3,)), {"update_center_only": True}, r"labels of shape \(3,\) for 2 items"),
    ],
)
def test_mistakes(shapes, bottoms, param, message):
    with pytest.raises(LayerFault, match=message):
        shapes("InnerDistance", *bottoms, inner_distance_param=param)


FILLED = 'weight_filler { type: "gaussian" } num_output: 4'


@pytest.mark.parametrize(
    ("bottoms", "param"),
    [
        ('bottom: "x"', FILLED),
        ('bottom: "x"', f"{FILLED} transpose: true distance_type: 'L1'"),
        ('bottom: "x"', f"{FILLED} normalize: true axis: 2"),
        ('bottom: "x"', f"{FILLED} axis: 0"),
        ('bottom: "x" bottom: "c"', ""),
        ('bottom: "x" bottom: "c" bottom: "t"', "update_center_only: true distance_type: 'L1'"),
    ],
)
def test_python_source_agrees(tmp_path, bottoms, param):
    inputs = {"x": (2, 3, 4), "c": (5, 3, 4), "t": (2,)}
    text = "".join(
        f"layer {{ name: '{name}' type: 'Input' top: '{name}' input_param {{ shape {{ "
        f"{' '.join(f'dim: {size}' for size in shape)} }} }} }}"
        for name, shape in inputs.items()
        if f'"{name}"' in bottoms
    )
    text += (
        f'layer {{ name: "d" type: "InnerDistance" {bottoms} top: "y" inner_distance_param {{ {param} }} }}'
    )
    net = Net(parse_net(text).message, "TEST", seed=1)
    assert export_python(net, tmp_path / "net.py", {"t": torch.tensor([3.0, 0.0])}) < 1e-5
