from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.broadcast import check_spans, common_shape, spanned, spread


def test_spanned():
    assert spanned((2, 3, 4), 1, 1, "f") == (3,)
    assert spanned((2, 3, 4), 1, -1, "f") == (3, 4)
    assert spanned((2, 3, 4), 1, 0, "f") == ()
    with pytest.raises(LayerFault) as e:
        spanned((2, 3, 4), 1, 3, "bias_param.num_axes")
    assert (e.value.field, e.value.hint) == ("bias_param.num_axes", "-1 to 2 are possible")


def test_check_spans():
    check_spans((2, 3, 4), (3, 4), 1)
    check_spans((2, 3, 4), (), 0)
    for small in ((4,), (3, 4, 5)):
        with pytest.raises(LayerFault, match="doesn't fit"):
            check_spans((2, 3, 4), small, 1)


def test_spread_is_a_view_that_broadcasts():
    small = torch.tensor([1.0, 2.0, 3.0])
    view = spread(small, torch.zeros(2, 3, 4), 1)
    assert view.shape == (3, 1)
    assert view.data_ptr() == small.data_ptr()


@pytest.mark.parametrize(
    "shapes", [[(2, 3)], [(2, 3), (3,)], [(4, 1, 3), (2, 1), ()], [(1,), (5, 1), (1, 6)], [(0,), (1,)]]
)
def test_common_shape_is_that_of_torch(shapes):
    assert common_shape(shapes) == tuple(torch.broadcast_shapes(*shapes))


def test_common_shape_names_the_bottom_that_differs():
    with pytest.raises(LayerFault, match=r"batch axes \(3,\) don't broadcast to \(4, 2\)") as caught:
        common_shape([(4, 1), (2,), (3,)], "batch axes")
    assert caught.value.bottom == 2
