from __future__ import annotations

import numpy as np
import pytest

from layerzoo.pycaffe.memory_arrays import check_arrays
from layerzoo.schema import MemoryDataParameter

PARAM = MemoryDataParameter(batch_size=2, channels=3, height=4, width=5)
DATA, LABELS = np.zeros((4, 3, 4, 5), np.float32), np.zeros((4, 1, 1, 1), np.float32)


@pytest.mark.parametrize(
    ("data", "labels", "message"),
    [
        (DATA[..., ::2], LABELS, "data array must be C contiguous"),
        (DATA[0], LABELS, "data array must be 4-d"),
        (DATA.astype(np.float64), LABELS, "data array must be float32"),
        (DATA[:, :2].copy(), LABELS, "data array has wrong number of channels"),
        (DATA[:, :, :, :4].copy(), LABELS, "data array has wrong width"),
        (DATA, np.zeros((4, 2, 1, 1), np.float32), "labels array has wrong number of channels"),
        (DATA, LABELS[:2], "the same first dimension"),
        (DATA[:3], LABELS[:3], "a multiple of batch size"),
    ],
)
def test_check_arrays_names_the_fault(data: np.ndarray, labels: np.ndarray, message: str) -> None:
    check_arrays(PARAM, DATA, LABELS)
    with pytest.raises(RuntimeError, match=message):
        check_arrays(PARAM, data, labels)
