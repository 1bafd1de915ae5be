"""Counter-based random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from layerzoo.errors import ContractError
from layerzoo.functional.random import gumbel, levels, normal, uniform, words
from layerzoo.layer import Layer
from layerzoo.schema import LayerParameter

M64 = (1 << 64) - 1
Draw = Callable[..., torch.Tensor]


def at(number: int) -> torch.Tensor:
    return torch.tensor(number)


def by_hand(key: int, number: int, sample: int, place: int) -> int:
    """SplitMix64 in Python's integers."""

    def mixed(z: int) -> int:
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
        return z ^ (z >> 31)

    golden = 0x9E3779B97F4A7C15
    begin = mixed((number * golden + key) & M64)
    row = mixed(((sample + 1) * golden + begin) & M64)
    return mixed((row + (place + 1) * golden) & M64)


def test_words_are_splitmix64_of_key_pass_sample_and_index() -> None:
    drawn = words(2**62 + 12345, at(7), 3, 2)
    expected = [[by_hand(2**62 + 12345, 7, row, place) for place in range(2)] for row in range(3)]
    assert [[word & M64 for word in row] for row in drawn.tolist()] == expected


def test_words_are_pinned() -> None:
    """Snapshots record the scheme, so other numbers need another ``SCHEME``."""
    assert words(1, at(0), 1, 1).item() & M64 == 0x55C55969ED403149
    assert levels(1, at(0), (1, 4)).tolist() == [[12617, -4800, 22889, 21957]]
    assert uniform(1, at(0), (2,)).tolist() == [0.3350425958633423, 0.5077412128448486]


def test_uniform_mean_variance_and_ends() -> None:
    u = uniform(3, at(1), (500, 2000)).double()
    assert u.mean().item() == pytest.approx(0.5, abs=0.0015)  # five standard deviations
    assert u.var().item() == pytest.approx(1 / 12, abs=0.0004)
    assert 0 < u.min() < 1e-5
    assert 1 - 1e-5 < u.max() <= 1


@pytest.mark.parametrize("other", ["row", "pass", "key", "place", "pass and row"])
def test_uniform_is_uncorrelated_with_its_neighbours(other: str) -> None:
    key, number, shape = 3, at(5), (400, 1000)
    first = uniform(key, number, shape) - 0.5
    second = {
        "row": lambda: first.roll(1, 0),
        "place": lambda: first.roll(1, 1),
        "pass": lambda: uniform(key, at(6), shape) - 0.5,
        "key": lambda: uniform(key + 1, number, shape) - 0.5,
        "pass and row": lambda: (uniform(key, at(6), shape) - 0.5).roll(1, 0),
    }[other]()
    correlation = (first * second).mean().item() * 12
    assert correlation == pytest.approx(0, abs=5 / (400 * 1000) ** 0.5)
    assert not torch.equal(first, second)


def test_normal_is_box_and_muller_of_the_words() -> None:
    shape = (3, 5)
    drawn = normal(11, at(4), shape)
    for row in range(3):
        for place in range(5):
            word = by_hand(11, 4, row, place // 2)
            radius = math.sqrt(-2 * math.log(((word >> 24) + 1) / 2**40))
            angle = 2 * math.pi * (word & (2**24 - 1)) / 2**24
            expected = radius * (math.sin(angle) if place % 2 else math.cos(angle))
            assert drawn[row, place].item() == pytest.approx(expected, rel=1e-6)


def test_gumbel_is_a_double_logarithm_of_the_words() -> None:
    drawn = gumbel(11, at(4), (2, 3))
    for row in range(2):
        for place in range(3):
            u = ((by_hand(11, 4, row, place) >> 12) + 0.5) / 2**52
            assert drawn[row, place].item() == pytest.approx(-math.log(-math.log(u)), rel=1e-6)


def test_normal_has_the_moments_and_tails_of_its_distribution() -> None:
    z = normal(3, at(1), (500, 2001)).double()
    count = z.numel()
    assert z.mean().item() == pytest.approx(0, abs=5 / count**0.5)
    assert z.var().item() == pytest.approx(1, abs=5 * (2 / count) ** 0.5)
    assert z.pow(3).mean().item() == pytest.approx(0, abs=5 * (15 / count) ** 0.5)
    assert z.pow(4).mean().item() == pytest.approx(3, abs=5 * (96 / count) ** 0.5)
    assert (z > 3).double().mean().item() == pytest.approx(0.00135, abs=5 * (0.00135 / count) ** 0.5)
    for distance in (1, 2):
        both = (z[:, distance:] * z[:, :-distance]).mean().item()
        assert both == pytest.approx(0, abs=5 / count**0.5)


def test_gumbel_has_the_moments_of_its_distribution() -> None:
    g = gumbel(3, at(1), (500, 2000)).double()
    assert g.mean().item() == pytest.approx(0.577216, abs=5 * 1.2825 / 1000)
    assert g.var().item() == pytest.approx(math.pi**2 / 6, abs=0.02)


@pytest.mark.parametrize("draw", [normal, gumbel])
def test_normal_and_gumbel_of_a_part_of_the_batch_are_those_of_the_whole(draw: Draw) -> None:
    whole = draw(3, at(1), (6, 3))
    for rank in range(2):
        assert torch.equal(draw(3, at(1), (3, 3), rank, 2), whole[rank::2])
    assert torch.equal(draw(3, at(1), (2, 3)), whole[:2])
    assert draw(3, at(1), ()).shape == ()
    assert draw(3, at(1), (0, 3)).shape == (0, 3)


def test_words_are_distinct_over_rows_passes_and_keys() -> None:
    drawn = torch.cat([words(key, at(n), 50, 50).flatten() for key in range(5) for n in range(5)])
    assert len(drawn.unique()) == 50 * 50 * 25


def test_levels_have_each_bit_half_the_time() -> None:
    drawn = levels(9, at(2), (100, 4001)).to(torch.int32)
    for bit in range(16):
        share = ((drawn >> bit) & 1).double().mean().item()
        assert share == pytest.approx(0.5, abs=5 * 0.5 / (100 * 4001) ** 0.5)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (3, 1, 2, 2), (0, 4), (4, 0)])
def test_levels_and_uniform_have_the_requested_shape(shape: tuple[int, ...]) -> None:
    assert levels(1, at(0), shape).shape == shape
    assert uniform(1, at(0), shape).shape == shape


@pytest.mark.parametrize("ranks", [2, 3])
def test_levels_of_several_processes_are_the_rows_of_one(ranks: int) -> None:
    whole = levels(4, at(8), (12, 5))
    for rank in range(ranks):
        assert torch.equal(levels(4, at(8), (12 // ranks, 5), rank, ranks), whole[rank::ranks])


def test_layer_without_randomness_may_not_draw() -> None:
    class Noise(Layer):
        type_name = "Noise"

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.random_uniform(x.shape, x.device)

    layer = Noise(LayerParameter(name="n", type="Noise"), [(2, 2)])
    with pytest.raises(
        ContractError, match=r"test_random.py:\d+: layer 'n' draws random numbers, which its class"
    ):
        layer(torch.zeros(2, 2))
