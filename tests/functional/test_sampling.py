import torch

from layerzoo.functional.sampling import along_axes, cubic, grid, linear, sample, sample_nearest, weights_of


def test_kernels_by_hand():
    distances = torch.tensor([0.0, 0.5, 1.0, -1.5, 2.0])
    assert linear(distances).tolist() == [1, 0.5, 0, 0, 0]
    assert cubic(distances).tolist() == [1, 0.5625, 0, -0.0625, 0]


def test_weights_sum_to_1_or_0():
    weights = weights_of(torch.tensor([0.25, -0.5, 9.0]), 3, linear)
    assert weights.tolist() == [[0.75, 0.25, 0], [1, 0, 0], [0, 0, 0]]
    wide = weights_of(torch.tensor([1.0]), 3, linear, stretch=2)
    torch.testing.assert_close(wide, torch.tensor([[0.25, 0.5, 0.25]]))


def test_along_axes_applies_a_matrix_to_each():
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    rows, columns = torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert along_axes(x, rows, columns).tolist() == [[2, 3.5, 5.5]]


def test_sample_by_hand():
    image = torch.tensor([[[[0.0, 1.0], [2.0, 5.0]]]])
    x, y = torch.tensor([[[0.5, 1.5]]]), torch.tensor([[[0.5, 1.0]]])
    assert sample(image, x, y).flatten().tolist() == [2, 5]


def test_sample_has_zeros_outside_or_the_border():
    image = torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]])
    x, y = torch.tensor([[[-0.25, 1.5, 3.0]]]), torch.tensor([[[0.0, 1.0, 1.0]]])
    assert sample(image, x, y, zeros=True).flatten().tolist() == [0.75, 4, 0]
    inside = x.clamp(0, 1), y.clamp(0, 1)
    assert sample(image, *inside).flatten().tolist() == [1, 8, 8]


def test_sample_nearest_rounds_places():
    image = torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]])
    x, y = torch.tensor([[[0.4, 0.6, 1.6]]]), torch.tensor([[[0.0, 1.0, 1.0]]])
    assert sample_nearest(image, x, y, zeros=True).flatten().tolist() == [1, 8, 0]
    assert sample_nearest(image, x, y).flatten().tolist() == [1, 8, 8]


def test_grid_has_columns_and_rows():
    columns, rows = grid(torch.zeros(1, 2, 3))
    assert (columns.tolist(), rows.tolist()) == ([0, 1, 2], [[0], [1]])
    assert columns.dtype == torch.float32
