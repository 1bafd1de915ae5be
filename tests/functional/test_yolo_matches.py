import torch

from layerzoo.functional.yolo_matches import Matches, Objects, leading


def test_leading_ends_at_the_first_zero():
    values = torch.tensor([[0.5, -1.0, 0.0, 2.0], [0.0, 1.0, 1.0, 1.0]])
    assert leading(values).tolist() == [[True, True, False, False], [False] * 4]


def rows(*values):
    return torch.tensor([values])


def test_objects_leave_out_what_no_image_uses():
    labels = torch.zeros(2, 300, 5)
    labels[0, 0] = torch.tensor([1, 0.5, 0.4, 0.3, 0.2])
    labels[1, :3] = torch.tensor([2, 0.5, 0.4, 0.3, 0.2])
    objects = Objects.of(labels.reshape(2, 1500))
    assert objects.rows.shape == (2, 3, 5)
    assert objects.near.tolist() == objects.valid.tolist() == [[True, False, False], [True] * 3]
    torch.testing.assert_close(objects.boxes[1, 2], torch.tensor([0.5, 0.4, 0.3, 0.2]))


def test_objects_end_at_different_zeros():
    """A centre of 0 ends the list of boxes that excuse others; a width of 0 that of the matched ones."""
    full, center, flat = [1, 0.5, 0.5, 0.5, 0.5], [1, 0.0, 0.5, 0.5, 0.5], [1, 0.5, 0.5, 0.5, 0.0]
    objects = Objects.of(rows(full, center, full))
    assert objects.near.tolist() == [[True, False, False]]
    assert objects.valid.tolist() == [[True] * 3]
    objects = Objects.of(rows(full, flat, [1, 0.5, 0.5, -0.5, 0.5], full))
    assert objects.valid.tolist() == [[True, False, False, True]]


def test_cells_are_inside_the_grid():
    objects = Objects.of(rows([0, 0.49, 0.99, 1, 1], [0, 1.0, -0.3, 1, 1]))
    row, column = objects.cells(3, 2)
    assert (row.tolist(), column.tolist()) == ([[2, 0]], [[0, 1]])


def matches():
    """Boxes 2, 2, 0 and 1, of which the last doesn't count."""
    return Matches(
        place=torch.tensor([[2, 2, 0, 1]]),
        valid=torch.tensor([[True, True, True, False]]),
        label=torch.tensor([[1, 0, 1, 0]]),
        truth=torch.zeros(1, 4, 4),
        total=4,
    )


def test_matches_of_one_box_are_ordered():
    found = matches()
    assert found.hit.tolist() == [[True, False, True, False]]
    assert found.first.tolist() == [[True, False, True, False]]
    assert found.last.tolist() == [[False, True, True, False]]
    assert found.classes(2)[0].tolist() == [[False, True], [False, False], [True, True], [False, False]]
    assert found.classes(2, found.last)[0, 2].tolist() == [True, False]


def test_sums_and_values_of_boxes():
    found, values = matches(), torch.arange(8.0).reshape(1, 4, 2)
    assert found.at(values)[0].tolist() == [[4, 5], [4, 5], [0, 1], [2, 3]]
    assert found.sums(values)[0].tolist() == [[4, 5], [6, 7], [2, 4], [0, 0]]


def test_image_without_objects_has_no_match():
    none = Matches(
        *(torch.zeros(2, 0).to(t) for t in (torch.int64, torch.bool, torch.int64)), torch.zeros(2, 0, 4), 3
    )
    assert none.hit.tolist() == [[False] * 3] * 2
    assert none.last.shape == none.first.shape == (2, 0)
    assert none.classes(2).shape == (2, 3, 2)
