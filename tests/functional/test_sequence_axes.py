from __future__ import annotations

import pytest

from layerzoo.errors import LayerFault
from layerzoo.functional.sequence_axes import sequence_axes
from layerzoo.schema import CTCParameter


@pytest.mark.parametrize(
    ("given", "shape", "indicators", "expected"),
    [
        ([], (2, 5, 7), False, (0, 1, 2)),
        ([], (2, 5, 1, 7), False, (0, 1, 3)),
        ([], (2, 5, 7, 1), False, (0, 1, 2)),
        ([1, 2], (7, 2, 5), False, (1, 2, 0)),
        ([], (7, 2, 5), True, (1, 2, 0)),
    ],
)
def test_axes(given, shape, indicators, expected):
    assert sequence_axes(CTCParameter(nct_axis=given), shape, indicators) == expected


@pytest.mark.parametrize(
    ("given", "shape", "indicators", "message"),
    [
        ([0, 1], (7, 2, 5), True, "nct_axis for a blob with indicators"),
        ([0], (7, 2, 5), False, "expected two axes"),
        ([2, 1], (7, 2, 5), False, "expected two axes"),
        ([], (2, 5, 2, 7), False, "two axes left for time"),
        ([], (2, 5), False, "expected 3 or 4 axes"),
    ],
)
def test_mistakes(given, shape, indicators, message):
    with pytest.raises(LayerFault, match=message):
        sequence_axes(CTCParameter(nct_axis=given), shape, indicators)
