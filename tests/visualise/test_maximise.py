"""Images that maximise units."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from layerzoo.errors import UsageError
from layerzoo.visualise import Ascent, maximise, maximise_figure, unit_count
from layerzoo.visualise.maximise import blurred
from tests.visualise.nets import net_of, small_net

LINEAR = """
name: linear
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 1, 2, 3]}}}
- {name: ip, type: InnerProduct, bottom: data, top: ip, inner_product_param: {num_output: 2}}
"""
RANGE = (torch.full((1, 6, 6), -1.0), torch.full((1, 6, 6), 2.0))
PLAIN = Ascent(steps=100, jitter=0, blur=0)


def test_image_of_a_linear_unit_is_at_the_bounds_that_its_weights_ask_for() -> None:
    net = net_of(LINEAR)
    weight = torch.tensor([[1.0, -1.0, 2.0, -3.0, 1.0, -2.0], [-1.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
    net.params["ip"][0].data.copy_(weight)
    low, high = torch.full((1, 2, 3), -1.0), torch.full((1, 2, 3), 2.0)
    found = list(maximise(net, "ip", [1, 0], (low, high), PLAIN))
    assert [each.unit for each in found] == [1, 0]
    for each in found:
        expected = torch.where(weight[each.unit] > 0, 2.0, -1.0)
        torch.testing.assert_close(each.image.flatten(), expected)
        assert each.after == pytest.approx(float(weight[each.unit] @ expected))


def test_first_step_is_as_computed_by_hand() -> None:
    net = net_of(LINEAR)
    weight = torch.tensor([[3.0, 0.0, 0.0, 0.0, 0.0, 4.0], [0.0] * 6])
    net.params["ip"][0].data.copy_(weight)
    wide = (torch.full((1, 2, 3), -10.0), torch.full((1, 2, 3), 10.0))
    (found,) = maximise(net, "ip", [0], wide, Ascent(steps=1, rate=0.01, jitter=0, blur=0, seed=5))
    noise = torch.randn(1, 2, 3, generator=torch.Generator().manual_seed(5))
    size = (25 / 6) ** 0.5
    torch.testing.assert_close(found.image.flatten(), 2 * noise.flatten() + 0.2 * weight[0] / size)
    assert found.before == pytest.approx(float(2 * noise.flatten() @ weight[0]), rel=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_jitter_moves_the_image_before_the_net_and_the_gradient_back(seed: int) -> None:
    net = net_of(LINEAR)
    weight = torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0.0] * 6])
    net.params["ip"][0].data.copy_(weight)
    wide = (torch.full((1, 2, 3), -10.0), torch.full((1, 2, 3), 10.0))
    (found,) = maximise(net, "ip", [0], wide, Ascent(steps=1, rate=0.01, jitter=1, blur=0, seed=seed))
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, 2, 3, generator=generator)
    down, right = torch.randint(-1, 2, (2,), generator=generator).tolist()
    plane = weight[0].reshape(2, 3)
    # a pixel (y, x) stands at (y + down, x + right) before the net
    moved = torch.tensor([[plane[(y + down) % 2, (x + right) % 3] for x in range(3)] for y in range(2)])
    torch.testing.assert_close(found.image[0], 2 * noise[0] + 0.2 * moved / (91 / 6) ** 0.5)


def test_units_of_channels_are_raised_by_their_mean_and_do_not_depend_on_each_other() -> None:
    net = small_net()
    found = list(maximise(net, "conv", [0, 1, 2, 3], RANGE, Ascent(steps=30)))
    (alone,) = maximise(net, "conv", [2], RANGE, Ascent(steps=30))
    torch.testing.assert_close(found[2].image, alone.image)
    for each in found:
        assert each.after > each.before
        assert each.image.min() >= -1
        assert each.image.max() <= 2
        with torch.no_grad():
            values = net(each.image[None], end="conv")["conv"]
        assert each.after == pytest.approx(float(values[0, each.unit].mean()), abs=1e-5)


def test_images_are_functions_of_the_seed() -> None:
    net = small_net()
    first, again, other = (
        next(iter(maximise(net, "ip", [1], RANGE, Ascent(steps=5, seed=seed)))).image for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_blur_is_gaussian_and_keeps_what_is_constant() -> None:
    dot = torch.zeros(1, 1, 9, 9)
    dot[..., 4, 4] = 1
    found = blurred(dot, 1.0)[0, 0]
    weights = np.exp(-(np.arange(-3, 4) ** 2) / 2)
    weights /= weights.sum()
    np.testing.assert_allclose(found[1:8, 1:8].numpy(), np.outer(weights, weights), rtol=1e-5)
    torch.testing.assert_close(blurred(torch.full((2, 3, 5, 4), 7.0), 0.7), torch.full((2, 3, 5, 4), 7.0))


def test_unit_that_is_not_there_is_refused() -> None:
    net = small_net()
    assert unit_count(net, "conv") == 4
    with pytest.raises(UsageError, match="layer 'conv' of net 'small' has no unit 4; its units are 0 to 3"):
        list(maximise(net, "conv", [4], RANGE))
    with pytest.raises(UsageError, match=r"did you mean 'conv'\?"):
        list(maximise(net, "con", [0], RANGE))


def test_layer_without_a_gradient_is_refused() -> None:
    net = net_of("""
    name: steps
    layer:
    - {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 1, 6, 6]}}}
    - {name: out, type: Threshold, bottom: data, top: out}
    """)
    with pytest.raises(UsageError, match="layer 'out' of net 'steps' has no gradient by the image"):
        list(maximise(net, "out", [0], RANGE))


def test_figure_says_which_units_no_image_raises() -> None:
    net = small_net()
    net.params["ip"][0].data[1] = 0

    def picture_of(images: NDArray[np.float32]) -> NDArray[np.uint8]:
        return np.zeros((len(images), 6, 6, 1), np.uint8)

    figure = maximise_figure(net, "ip", [0, 1], RANGE, picture_of, ["a", "b", "c"], PLAIN)
    assert figure.name == "maximise-ip"
    assert figure.caption.endswith("no image raises unit 1")
    assert figure.picture.size == (2 * (6 * 21 + 8), 6 * 21 + 22)
