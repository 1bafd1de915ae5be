"""Axes counted from either end of a blob's shape."""

from __future__ import annotations

import pytest

from layerzoo.errors import LayerFault
from layerzoo.layer import canonical_axis


@pytest.mark.parametrize(
    ("axis", "rank", "canonical"), [(0, 1, 0), (-1, 1, 0), (0, 4, 0), (3, 4, 3), (-1, 4, 3), (-4, 4, 0)]
)
def test_canonical_axis_counts_negative_axes_from_the_end(axis: int, rank: int, canonical: int) -> None:
    assert canonical_axis(axis, rank, "softmax_param.axis") == canonical


@pytest.mark.parametrize(("axis", "rank"), [(4, 4), (-5, 4), (0, 0), (-1, 0), (1, 1)])
def test_canonical_axis_out_of_range_is_a_fault_of_its_field(axis: int, rank: int) -> None:
    with pytest.raises(LayerFault) as raised:
        canonical_axis(axis, rank, "softmax_param.axis")
    assert raised.value.message == f"axis {axis} of a blob with {rank} axes"
    assert raised.value.field == "softmax_param.axis"


def test_canonical_axis_hints_at_the_valid_axes() -> None:
    with pytest.raises(LayerFault) as raised:
        canonical_axis(7, 4, "concat_param.axis")
    assert raised.value.hint == "set it from -4 to 3"
    with pytest.raises(LayerFault) as raised:
        canonical_axis(0, 0, "concat_param.axis")
    assert raised.value.hint == "the blob is a scalar and has no axes"
