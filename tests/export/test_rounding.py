"""Rows that rounding decides."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from layerzoo.errors import ExportError
from layerzoo.export.comparing import Positional
from layerzoo.export.rounding import changed, undecided_rows, without
from layerzoo.export.rows import Rows
from layerzoo.loader import parse_net
from layerzoo.net import Net

LIST = {"rounded": Rows(0, False), "scores": Rows(0, False)}
IMAGE = torch.full((1, 1, 10, 10), 0.3)
IMAGE[0, 0, 0, 1], IMAGE[0, 0, 5, 5] = 0.5, 1.5  # halves are rounded up or down


def run(image: Tensor) -> list[Tensor]:
    """A list of 100 rows with rounded corners, one of their scores, and an output that is no list."""
    rows = image.flatten().unsqueeze(1)
    return [torch.cat((rows.round(), rows), 1), 2 * rows, image.sum((1, 2, 3))]


def test_changes_are_small_and_the_same_each_time() -> None:
    (first, other), again = (list(changed([IMAGE, torch.ones(3)], 2, 1e-3)) for _ in range(2))
    assert torch.equal(first[0], again[0][0])
    assert not torch.equal(first[0], other[0])
    assert 0 < (first[0] - IMAGE).abs().max() < 1e-2
    assert torch.equal(first[1], torch.ones(3)), "only images change"


def test_rows_are_undecided_where_a_small_change_alters_them() -> None:
    rows = undecided_rows(run, [IMAGE], ["rounded", "scores", "sum"], LIST, 1e-4)
    assert set(rows) == set(LIST), "rows of one number belong together"
    assert rows["scores"].nonzero().flatten().tolist() == [1, 55]
    left = without(dict(zip(("rounded", "scores", "sum"), run(IMAGE), strict=True)), LIST, rows)
    assert [len(blob) for blob in left] == [98, 98, 1]


def test_nothing_is_left_out_where_rounding_decides_much() -> None:
    assert (
        undecided_rows(run, [torch.full((1, 1, 10, 10), 0.5)], ["rounded", "scores", "sum"], LIST, 1e-4) == {}
    )


def test_other_programs_may_decide_such_rows_otherwise_but_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 10 dim: 10 } } }'
    )
    wrapped = Positional(Net(parse_net(text)))
    monkeypatch.setattr(wrapped, "forward", run)
    wrapped.outputs, wrapped.lists = ["rounded", "scores", "sum"], LIST
    received = run(IMAGE)
    received[0][1, 0] += 1
    assert wrapped.compare([IMAGE], received, "file") == 0
    received[0][2, 0] += 1
    with pytest.raises(ExportError, match="output 'rounded' of the file deviates"):
        wrapped.compare([IMAGE], received, "file")
