from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter

X, T = torch.tensor([[2.0, 0.5], [-1.0, 0.0]]), torch.tensor([[0.0, 0.0], [0.0, 0.2]])
# differences 2, 0.5, -1, -0.2: terms 1.5, 0.125, 0.5, 0.02


def layer(rest: str = "", bottoms: int = 2, tops: int = 1) -> str:
    names = [f'bottom: "b{index}"' for index in range(bottoms)] + [
        f'top: "t{index}"' for index in range(tops)
    ]
    return f'type: "SmoothL1Loss" {" ".join(names)} {rest}'


def test_ssd_divides_sum_by_batch_size(make):
    assert make(layer(), (2, 2), (2, 2))(X, T).item() == pytest.approx(2.145 / 2)


def test_fast_rcnn_weighs_differences_and_terms_and_moves_turn(make):
    sigma = make(layer("smooth_l1_loss_param { sigma: 2 }"), (2, 2), (2, 2))
    assert sigma(X, T).item() == pytest.approx((1.875 + 0.375 + 0.875 + 0.08) / 2)
    weighted = make(layer("", 4), *[(2, 2)] * 4)
    inside, outside = torch.tensor([[0.25, 0.0], [1.0, 3.0]]), torch.tensor([[2.0, 5.0], [0.0, 1.0]])
    x = X.clone().requires_grad_()
    loss = weighted(x, T, inside, outside)
    assert loss.item() == pytest.approx((2 * 0.125 + 0.18) / 2)
    loss.backward()
    assert x.grad is not None
    assert x.grad.flatten().tolist() == pytest.approx([0.5 * 0.25 * 2 / 2, 0, 0, -0.6 * 3 / 2])


def test_rfcn_divides_as_normalization_says_and_gives_loss_of_each_item(make):
    for normalization, divisor in (
        ("normalization: FULL", 2),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 8", 8),
        ("normalization: PRE_FIXED pre_fixed_normalizer: 0.5", 1),
        ("normalize: false", 2),
    ):
        loss = make(layer(f"loss_param {{ {normalization} }}"), (2, 2), (2, 2))(X, T)
        assert loss.item() == pytest.approx(2.145 / divisor), normalization
    shape = (1, 2, 1, 2)
    loss, items = make(layer("", 3, 2), shape, shape, shape)(
        X.reshape(shape), T.reshape(shape), torch.ones(shape)
    )
    assert loss.item() == pytest.approx(2.145 / 2)  # two positions
    assert items.tolist() == [[[[pytest.approx(2.0), pytest.approx(0.145)]]]]
    assert not items.requires_grad


def test_default_loss_weight_is_that_of_the_fork():
    def weight(text: str) -> float:
        param = parse_net(f"layer {{ {text} }}").message.layer[0]
        return LAYERS["SmoothL1Loss"].default_loss_weight(param)

    assert weight(layer()) == 1
    assert weight(layer("smooth_l1_loss_param { sigma: 3 }")) == 0
    assert weight(layer("", 4)) == 0
    assert weight(layer("", 3)) == 0
    inputs = "".join(f'input: "b{i}" input_shape {{ dim: 2 dim: 2 }} ' for i in range(2))
    old = parse_net(f'{inputs} layer {{ name: "l" {layer()} }}')
    assert list(old.message.layer[1].loss_weight) == [0]
    assert "loss_weight 0 of 1 SmoothL1Loss layer, as in Fast R-CNN" in old.notes


def test_missing_loss_weight_is_a_warning():
    inputs = 'layer { name: "i" type: "Input" top: "b0" top: "b1" input_param { shape { dim: 2 dim: 2 } } }'
    for rest, counts, message in (
        ("", 1.0, "this loss counts 1, as in SSD, but 0 in Fast R-CNN"),
        ("smooth_l1_loss_param { sigma: 3 }", 0.0, "counts for nothing, as in Fast R-CNN"),
        ("loss_param { normalization: NONE }", 0.0, "counts for nothing, as in R-FCN"),
        ("loss_weight: 2", 2.0, ""),
    ):
        graph = Net(parse_net(f'{inputs} layer {{ name: "l" {layer(rest)} }}')).graph
        assert graph.layers[1].loss_weights == (counts,)
        assert [message in str(warning) for warning in graph.warnings] == [True] * bool(message)


@pytest.mark.parametrize(
    ("rest", "bottoms", "message"),
    [
        ("smooth_l1_loss_param { } loss_param { }", 2, "both smooth_l1_loss_param and loss_param are given"),
        ("smooth_l1_loss_param { }", 3, "three bottoms and smooth_l1_loss_param"),
        ("loss_param { }", 4, "four bottoms and loss_param"),
    ],
)
def test_contradicting_fields_are_an_error(shapes, rest, bottoms, message):
    with pytest.raises(LayerFault, match=f"{message}.*unclear whose layer is meant") as fault:
        shapes(layer(rest, bottoms), *[(2, 2)] * bottoms)
    assert "R-FCN's two or three" in (fault.value.hint or "")


def test_surrogate_gradient_is_declared_for_weights_of_rfcn():
    kind = LAYERS["SmoothL1Loss"]
    assert kind.surrogate_gradient(LayerParameter(bottom=["a", "b"])) is None
    assert kind.surrogate_gradient(LayerParameter(bottom=["a", "b", "c", "d"])) is None
    assert "lacks the factor" in (kind.surrogate_gradient(LayerParameter(bottom=["a", "b", "c"])) or "")


def test_shapes_and_faults(shapes):
    assert shapes(layer("", 2, 2), (6, 8), (6, 8)) == [(), (6, 1, 1, 1)]
    with pytest.raises(LayerFault, match="they must be equal"):
        shapes(layer(), (6, 8), (6, 7))
    with pytest.raises(LayerFault, match="sigma 0; expected a number other than 0"):
        shapes(layer("smooth_l1_loss_param { sigma: 0 }"), (6, 8), (6, 8))
