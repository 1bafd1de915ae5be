from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.distances import distance_loss_shapes, first_largest, own_class


def test_distance_loss_shapes():
    assert distance_loss_shapes([(4, 3), (4,)], 1) == [()]
    assert distance_loss_shapes([(4, 3), (4,), (4, 3)], 2, figures=3) == [(), (3,)]
    assert distance_loss_shapes([(4, 3), (4, 1), (4,)], 2, weights="weight") == [(), (2,)]
    with pytest.raises(LayerFault, match="one weight per item"):
        distance_loss_shapes([(4, 3), (4,), (4, 3)], 1, weights="weight")
    with pytest.raises(LayerFault, match=r"expected \(N, classes\) and \(N\)"):
        distance_loss_shapes([(4, 3), (4, 3)], 1)


def test_own_class_and_first_largest():
    x = torch.tensor([[1.0, 5.0, 5.0], [7.0, 0.0, 7.0]])
    assert own_class(x, torch.tensor([2, 0])).tolist() == [[False, False, True], [True, False, False]]
    assert first_largest(x, 1).tolist() == [[False, True, False], [True, False, False]]
    assert first_largest(x, 0).tolist() == [[False, True, False], [True, False, True]]
