"""The data or diffs of a net's blobs as a sequence of tensors."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.runner.values import Values
from layerzoo.host import Blob


def blobs() -> list[Blob]:
    return [Blob((2,), torch.device("cpu")), Blob((1, 3), torch.device("cpu"))]


def test_values_read_and_write_one_half() -> None:
    made = blobs()
    values, gradients = Values(made, "values"), Values(made, "gradients")
    assert len(values) == 2
    values[0] = torch.tensor([1.0, 2.0])
    assert made[0].data.tolist() == [1, 2]
    assert values[0] is not None
    assert values[0].tolist() == [1, 2]
    assert gradients[0] is None, "nothing was written there"


def test_values_of_another_shape_reshape_the_blob() -> None:
    made = blobs()
    Values(made, "values")[1] = torch.ones(2, 3)
    assert made[1].data.shape == (2, 3)


def test_values_take_slices_only_to_read() -> None:
    values = Values(blobs(), "values")
    values[1] = torch.zeros(1, 3)
    first, second = values[0:2]
    assert first is None
    assert second is not None
    with pytest.raises(TypeError, match="one tensor at a time"):
        values[0:1] = [torch.zeros(2)]
    with pytest.raises(TypeError, match="one tensor at a time"):
        values[0] = 3


def test_values_keep_their_number_of_blobs() -> None:
    values = Values(blobs(), "values")
    with pytest.raises(TypeError, match="can't be added or removed"):
        del values[0]
    with pytest.raises(TypeError, match="can't be added or removed"):
        values.insert(0, None)
