from __future__ import annotations

import numpy as np
import pytest

from layerzoo.host import Blob
from layerzoo.pycaffe.trace import summary, trace


@pytest.fixture
def blob() -> Blob:
    made = Blob((2, 2))
    made.data[...] = [[1, 2], [3, np.inf]]
    return made


def test_trace_makes_a_table(blob: Blob) -> None:
    head, row, other = trace({"x": blob, "longer_name": Blob((3,))}).splitlines()
    assert head.split()[:6] == ["blob", "shape", "min", "mean", "max", "non-finite"]
    assert row.split() == ["x", "2x2", "1", "2", "3", "1", "-", "-", "-", "-"]
    assert other.split()[2] == "-"


def test_table_prints_without_quotes(blob: Blob) -> None:
    table = trace({"x": blob})
    assert repr(table) == str(table) == "\n".join(table.splitlines())


def test_summary_is_one_line(blob: Blob) -> None:
    assert summary(blob.values) == "2x2  min 1  mean 2  max 3  NOT FINITE: 1"
    assert summary(blob.gradients) == "nothing yet"
    blob.diff[...] = np.nan
    assert summary(blob.gradients).endswith("NOT FINITE: 4")
