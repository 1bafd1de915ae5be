"""Each registered layer computes the same of parts of a batch as of the whole batch, or says that it doesn't.

Two processes have the even and the odd rows of each bottom. Losses are means over processes, with the common
counts of both.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from layerzoo.contract.example import Example
from layerzoo.layer import LAYERS, Layer
from tests.layers.examples import TYPES, each_types_examples

RANKS = 2
_FIRST = "a config may name the first axis, or one that the split leaves out"
_SCORE = "it is for tests"
EXEMPT = {
    "Accuracy": _SCORE,
    "BatchReindex": "indices are places in the batch",
    "Bias": _FIRST,
    "BoxAnnotatorOHEM": "rows are regions, which name their images",
    "BoxGroupOutput": "rows are regions, which name their images",
    "BoxOutput": "rows are regions, which name their images",
    "CTCBeamSearchDecoder": _SCORE,
    "CTCGreedyDecoder": _SCORE,
    "CosineSimilarity": _FIRST,
    "DecodeBBox": "it leaves out rows",
    "DetectionEvaluate": _SCORE,
    "Filter": "it leaves out rows",
    "MeanIOU": _SCORE,
    "Permute": _FIRST,
    "Proposal": "rows of the top name their images",
    "Region": "rows of the top name their images",
    "Scale": _FIRST,
    "SegAccuracy": _SCORE,
    "SegmentationEvaluate": _SCORE,
    "Softmax": _FIRST,
    "SpectralNorm": "its bottom is a weight",
    "SubRegion": _FIRST,
    "Tile": _FIRST,
    "YoloDetectionOutput": "rows of the top name their images",
    "Yolov3DetectionOutput": "rows of the top name their images",
}
"""Types whose first axes are no samples, or that don't train, with the reason."""


class Counts:
    """The counts of both processes: told in the first passes, and shared in those that follow."""

    def __init__(self) -> None:
        self.told: list[list[Tensor]] = [[] for _ in range(RANKS)]
        self.shared = False
        self.place = 0

    def of(self, rank: int) -> Callable[[Tensor], Tensor]:
        def count(own: Tensor) -> Tensor:
            if not self.shared:
                self.told[rank].append(own.detach().clone())
                return own.clamp(min=1)
            self.place += 1
            total = torch.stack([told[self.place - 1] for told in self.told]).sum(0)
            return total.clamp(min=1) / RANKS

        return count


def _batch(example: Example) -> int | None:
    """The size of the batch, if all bottoms have one; else None."""
    sizes = {shape[0] if shape else 0 for shape in example.shapes}
    size = sizes.pop() if len(sizes) == 1 else 0
    return size if size >= RANKS and size % RANKS == 0 else None


def _run(
    layer: Layer, bottoms: list[Tensor], rank: int, ranks: int, size: int
) -> tuple[list[Tensor], list[Tensor]]:
    """The tops and, of bottoms that have one, the gradients of their sum, of which a process has a share."""
    given = [bottom.double() if bottom.is_floating_point() else bottom for bottom in bottoms]
    for index, bottom in enumerate(given):
        if index not in layer.without_gradient and not layer.no_gradient and not whole_numbers(bottom):
            given[index] = bottom.clone().requires_grad_()
    tops = layer(*given)
    tops = list(tops) if isinstance(tops, tuple) else [tops]
    total = torch.zeros((), dtype=torch.float64)
    for top in tops:
        if top.requires_grad and top.dim() and top.shape[0] == size // ranks:
            rows = torch.linspace(-1, 2, top.numel() // top.shape[0] * size, dtype=torch.float64)
            total = total + (top * rows.view(size, *top.shape[1:])[rank::ranks]).sum()
        elif top.requires_grad:
            total = total + top.sum() / ranks
    wanted = [bottom for bottom in given if bottom.requires_grad] if total.requires_grad else []
    gradients = torch.autograd.grad(total, wanted, allow_unused=True) if wanted else ()
    return [top.detach() for top in tops], [
        torch.zeros_like(each) if grad is None else grad
        for each, grad in zip(wanted, gradients, strict=False)
    ]


def whole_numbers(value: Tensor) -> bool:
    """Whether a blob holds labels or indices."""
    return torch.equal(value, value.round())


def _layer(example: Example, rank: int, ranks: int) -> Layer:
    rows = [(shape[0] // ranks, *shape[1:]) for shape in example.shapes]
    layer = example.layer(torch.float64, rows)
    layer.train()
    layer.clock.rank, layer.clock.ranks, layer.clock.seed = rank, ranks, 3
    return layer


def doubled(example: Example) -> Example:
    """The example with each bottom twice, the second time other values where they are no whole numbers."""
    bottoms = [
        torch.cat((each, each if torch.equal(each, each.round()) else each.flip(-1) * 0.9))
        if each.dim()
        else each
        for each in example.bottoms
    ]
    return Example(example.source, example.param, bottoms, example.params, example.prepare)


def difference(example: Example) -> str:
    """What a layer computes otherwise of parts of its batch; empty if nothing."""
    size = example.shapes[0][0]
    torch.manual_seed(0)
    tops, gradients = _run(_layer(example, 0, 1), example.bottoms, 0, 1, size)
    counts = Counts()
    parts: list[tuple[list[Tensor], list[Tensor]]] = []
    for counts.shared in (False, True):
        parts = []
        for rank in range(RANKS):
            layer = _layer(example, rank, RANKS)
            layer.clock.shared_count, counts.place = counts.of(rank), 0
            torch.manual_seed(0)
            rows = [bottom[rank::RANKS] for bottom in example.bottoms]
            parts.append(_run(layer, rows, rank, RANKS, size))
    for what, whole, shares in (
        ("top", tops, [part[0] for part in parts]),
        ("gradient", gradients, [part[1] for part in parts]),
    ):
        for index, value in enumerate(whole):
            own = [share[index] for share in shares]
            if own[0].shape != own[1].shape:
                return f"{what} {index} of {example.source} has other shapes"
            rows = value.dim() > 0 and value.shape[0] == size and own[0].shape[0] * RANKS == size
            joined = torch.stack(own, 1).flatten(0, 1) if rows else torch.stack(own).mean(0)
            if joined.shape != value.shape or not torch.allclose(joined, value, 1e-9, 1e-12, equal_nan=True):
                return f"{what} {index} of {example.source}"
    return ""


@each_types_examples
def test_samples_are_computed_one_by_one_or_the_layer_says_what_it_couples(examples: list[Example]) -> None:
    for example in examples:
        kind = LAYERS[example.param.type]
        if kind.is_data or kind.time_first or not example.bottoms or kind.has_effects:
            continue
        if kind.type_name in EXEMPT:
            continue
        each = example if _batch(example) else doubled(example)
        if _batch(each) is None:
            continue
        try:
            found = difference(each)
        except Exception as error:
            found = f"fails: {type(error).__name__}: {str(error)[:80]}"
        said = _layer(each, 0, 1).couples_samples
        assert (found == "") or said, f"{found}, but couples_samples says nothing"


def test_types_are_known() -> None:
    assert len(TYPES) > 100
