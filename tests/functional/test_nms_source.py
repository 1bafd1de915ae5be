from __future__ import annotations

from typing import Any

import torch

from layerzoo.functional.nms_source import SOURCE

BOXES = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30], [0, 5, 10, 15]])


def test_suppress_keeps_boxes_in_order_unless_a_kept_one_overlaps() -> None:
    scope: dict[str, Any] = {"torch": torch}
    exec(SOURCE, scope)
    suppress = scope["suppress"]
    order = torch.tensor([1, 0, 3, 2])
    assert suppress(BOXES, order, 0.5).tolist() == [1, 3, 2]  # overlaps of box 1: 0.9 with 0, 4 / 15 with 3
    assert suppress(BOXES, order, 0.2).tolist() == [1, 2]
    assert suppress(BOXES, order, 0.95).tolist() == [1, 0, 3, 2]
    assert suppress(BOXES, order, 0.95, most=2).tolist() == [1, 0]
    assert suppress(BOXES, order, 4 / 15).tolist() == [1, 3, 2]
    assert suppress(BOXES, order, 4 / 15, extra=1).tolist() == [1, 2]  # 55 / 176 with pixels at both ends
    assert suppress(BOXES, order[:0], 0.5).tolist() == []
