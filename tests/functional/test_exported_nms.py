from __future__ import annotations

from functools import partial

import pytest
import torch

from layerzoo.functional.boxes import pairwise_overlap
from layerzoo.functional.exported_nms import suppress_exported
from layerzoo.functional.nms import suppress
from tests.functional.test_nms import visited


class Nms(torch.nn.Module):
    def __init__(self, **settings: float) -> None:
        super().__init__()
        self.suppress = partial(suppress, **settings)

    def forward(self, boxes: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        return self.suppress(boxes, candidates=allowed)


def sample(groups: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(groups)
    low = torch.rand(groups, count, 2, generator=generator)
    boxes = torch.cat((low, low + 0.3 * torch.rand(groups, count, 2, generator=generator)), -1)
    return boxes, torch.rand(groups, count, generator=generator) > 0.2


@pytest.mark.parametrize(
    "settings", [{"threshold": 0.2}, {"threshold": 0.7, "eta": 0.6}, {"threshold": 0.1, "extra": 0.1}]
)
def test_traced_programs_keep_the_same_boxes(settings: dict[str, float]) -> None:
    batch = torch.export.Dim("batch", min=1)
    module, given = Nms(**settings), sample(2, 30)
    program = torch.export.export(module, given, dynamic_shapes=({0: batch}, {0: batch})).module()
    for groups in (2, 5):
        boxes, allowed = sample(groups, 30)
        kept = program(boxes, allowed)
        assert torch.equal(kept, suppress(boxes, candidates=allowed, **settings))
        assert not kept.all()


def test_boxes_are_visited_by_falling_score() -> None:
    boxes, allowed = sample(1, 40)
    kept = suppress_exported(boxes, allowed, [0.1], 0.0, pairwise_overlap)
    scores = torch.where(allowed[0], torch.linspace(1, 0.5, 40), 0)
    assert kept[0].nonzero().flatten().tolist() == sorted(visited(boxes[0], scores, 0.1, 0.4, -1))


def test_a_threshold_below_0_keeps_the_best_box() -> None:
    boxes, allowed = sample(3, 9)
    kept = suppress_exported(boxes, allowed, [-1e-9], 0.0, pairwise_overlap)
    assert torch.equal(kept, allowed & (allowed.cumsum(-1) == 1))
    assert torch.equal(kept, suppress(boxes, -1e-9, allowed))
