"""Pooling of regions, against loops over bins in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.regions import (
    Bins,
    bins_of_fractions,
    bins_of_whole_elements,
    check_regions,
    max_in_bins,
    mean_in_bins_by_position,
    round_away,
    sample_in_bins,
    sample_weights,
)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(3)


def random_bins(generator: np.random.Generator, regions: int, count: int, size: int) -> Bins:
    """Bins of any size, some of them empty."""
    edges = torch.from_numpy(generator.integers(0, size + 1, (2, regions, count)))
    return Bins(edges[0], edges[1])


def slices(rows: Bins, columns: Bins, r: int, i: int, j: int) -> tuple[slice, slice]:
    return (
        slice(int(rows.start[r, i]), int(rows.end[r, i])),
        slice(int(columns.start[r, j]), int(columns.end[r, j])),
    )


def test_round_away_rounds_halves_away_from_zero() -> None:
    x = torch.tensor([-2.5, -0.5, -0.49999997, 0.49999997, 0.5, 1.5, 2.4, 8388609.0])
    assert round_away(x).tolist() == [-3, -1, 0, 0, 1, 2, 2, 8388609]


def test_bins_of_whole_elements_cover_region_and_share_elements() -> None:
    low, high = torch.tensor([1.0, 3.0, -2.0, 5.0]), torch.tensor([5.0, 3.0, 1.0, 2.0])
    bins = bins_of_whole_elements(low, high, 2, 6)
    assert bins.start.tolist() == [[1, 3], [3, 3], [0, 0], [5, 5]]  # the last region counts as 1 element
    assert bins.end.tolist() == [[4, 6], [4, 4], [0, 2], [6, 6]]
    assert bins.size[2].tolist() == [0, 2]


def test_bins_of_fractions_count_elements_that_they_touch() -> None:
    bins = bins_of_fractions(torch.tensor([0.25, 3.5, 2.0]), torch.tensor([2.25, 9.5, 1.0]), 2, 6)
    assert bins.start.tolist() == [[0, 1], [3, 6], [2, 2]]
    assert bins.end.tolist() == [[2, 3], [6, 6], [3, 3]]


@pytest.mark.parametrize("shape", [(2, 3, 7, 11), (1, 2, 1, 9), (2, 1, 16, 1)])
def test_max_in_bins_is_maximum_of_each_bin(
    generator: np.random.Generator, shape: tuple[int, int, int, int]
) -> None:
    x = torch.from_numpy(generator.integers(-4, 5, shape)).float()  # with equal maxima
    rows, columns = random_bins(generator, 20, 3, shape[2]), random_bins(generator, 20, 2, shape[3])
    image = torch.from_numpy(generator.integers(0, shape[0], 20))
    expected, gradient = np.zeros((20, shape[1], 3, 2), np.float32), np.zeros(shape, np.float32)
    weight = generator.random(expected.shape).astype(np.float32)
    for r, c, i, j in np.ndindex(expected.shape):
        window = slices(rows, columns, r, i, j)
        part = x[image[r], c].numpy()[window]
        if part.size:
            expected[r, c, i, j] = part.max()
            at = np.unravel_index(part.argmax(), part.shape)  # the first
            place = (int(image[r]), c, at[0] + window[0].start, at[1] + window[1].start)
            gradient[place] += weight[r, c, i, j]
    assert torch.equal(max_in_bins(x, image, rows, columns), torch.from_numpy(expected))
    x.requires_grad_()
    y = max_in_bins(x, image, rows, columns)
    assert torch.equal(y, torch.from_numpy(expected))
    (made,) = torch.autograd.grad(y, x, torch.from_numpy(weight))
    torch.testing.assert_close(made, torch.from_numpy(gradient))


def test_max_in_bins_of_transform_agrees(generator: np.random.Generator) -> None:
    x = torch.randn(2, 3, 6, 9, generator=torch.Generator().manual_seed(0))
    rows, columns = random_bins(generator, 8, 3, 6), random_bins(generator, 8, 2, 9)
    image = torch.zeros(8, dtype=torch.int64)
    both = torch.func.vmap(lambda one: max_in_bins(one[None], image, rows, columns))(x)
    for one, result in zip(x, both, strict=True):
        assert torch.equal(max_in_bins(one[None], image, rows, columns), result)


def test_max_in_bins_without_regions_or_elements() -> None:
    none = Bins(torch.zeros(0, 3, dtype=torch.int64), torch.zeros(0, 3, dtype=torch.int64))
    image = torch.zeros(0, dtype=torch.int64)
    for x in (torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5, requires_grad=True)):
        assert max_in_bins(x, image, none, none).shape == (0, 3, 3, 3)
    one = Bins(torch.zeros(1, 2, dtype=torch.int64), torch.zeros(1, 2, dtype=torch.int64))
    assert max_in_bins(torch.zeros(1, 2, 0, 4), torch.zeros(1, dtype=torch.int64), one, one).tolist() == [
        [[[0, 0], [0, 0]]] * 2
    ]


def test_mean_in_bins_by_position_takes_channels_of_each_bin(generator: np.random.Generator) -> None:
    x = torch.from_numpy(generator.standard_normal((2, 2 * 9, 6, 8)).astype(np.float32))
    rows, columns = random_bins(generator, 10, 3, 6), random_bins(generator, 10, 3, 8)
    image = torch.from_numpy(generator.integers(0, 2, 10))
    expected = np.zeros((10, 2, 3, 3), np.float32)
    for r, d, i, j in np.ndindex(expected.shape):
        part = x[image[r], (d * 3 + i) * 3 + j].numpy()[slices(rows, columns, r, i, j)]
        expected[r, d, i, j] = part.mean() if part.size else 0
    mean = mean_in_bins_by_position(x, image, rows, columns)
    torch.testing.assert_close(mean, torch.from_numpy(expected))


def test_samples_are_bilinear_and_of_own_image() -> None:
    x = torch.stack([torch.arange(12.0).reshape(1, 3, 4), torch.full((1, 3, 4), 7.0)])
    rows = sample_weights(torch.tensor([[[1.5]], [[0.25]]]), torch.ones(2, 1, 1), 3)
    columns = sample_weights(torch.tensor([[[0.0], [9.0]], [[2.0], [1.0]]]), torch.ones(2, 2, 1), 4)
    assert rows.tolist() == [[[0, 0.5, 0.5]], [[0.75, 0.25, 0]]]
    y = sample_in_bins(x, torch.tensor([0, 1]), rows, columns)
    assert y.tolist() == [[[[6, 9]]], [[[7, 7]]]]  # rows 1 and 2: 4 and 8 in column 0, 7 and 11 in column 3


def test_sample_weights_leave_out_unused_samples() -> None:
    weights = sample_weights(torch.tensor([[[0.0, 1.0]]]), torch.tensor([[[True, False]]]), 2)
    assert weights.tolist() == [[[1, 0]]]


def test_shapes_are_checked() -> None:
    check_regions((1, 2, 3, 4), (7, 5))
    check_regions((1, 2, 3, 4), (7, 5, 1, 1))
    with pytest.raises(LayerFault, match=r"expected \(N, C, H, W\)") as fault:
        check_regions((1, 2, 3), (7, 5))
    assert fault.value.bottom == 0
    with pytest.raises(LayerFault, match=r"regions of shape \(7, 4\)") as fault:
        check_regions((1, 2, 3, 4), (7, 4))
    assert fault.value.bottom == 1
