"""The transform step Sample: cut a random region out of each annotated image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.draws import Draws
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Floats, Image
from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.boxes import WHOLE, Window, coverage, overlaps
from layerzoo.data.transform.step import ImageStep, step
from layerzoo.errors import LayerFault
from layerzoo.schema import BatchSampler, SampleConstraint
from layerzoo.seeds import stable_seed

MAX_TRIALS: Final = 100_000
"""The most regions that a sampler draws for an image."""
_AT_ONCE: Final = 64


@step
class Sample(ImageStep):
    """Cut out one of the regions that the samplers give; an image without any stays whole.

    Source: Liu et al. 2016, "SSD: single shot multibox detector", section 2.2, arXiv 1512.02325.

    Args:
        samplers: ``batch_sampler`` of AnnotatedData.
    """

    random = True
    moves = True

    def __init__(self, samplers: Sequence[BatchSampler]) -> None:
        self.samplers = [sampler for sampler in samplers if sampler.use_original_image]
        for sampler in samplers:
            _check(sampler)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede Sample"
        edges = np.empty((0, 4), np.float32) if batch.boxes is None else batch.boxes[index].edges
        number = batch.numbers[index : index + 1]
        regions = [
            _regions(sampler, edges, stable_seed(batch.key, "regions", which), number)
            for which, sampler in enumerate(self.samplers)
        ]
        candidates = np.concatenate(regions) if regions else np.empty((0, 4), np.float32)
        if not len(candidates):
            return image
        chosen = int(batch.draws_for("Sample", 1).below(len(candidates), 0)[index])
        left, top, right, bottom = (float(edge) for edge in candidates[chosen].clip(0, 1))
        return cut_out(image, (left, top, right, bottom), index, batch)


def cut_out(image: Image, window: Window, index: int, batch: Batch) -> Image:
    """Cut a window out of an image; its boxes move along."""
    _, height, width = image.shape
    left, top, right, bottom = window
    column, row = int(left * width), int(top * height)
    across, down = max(1, int((right - left) * width)), max(1, int((bottom - top) * height))
    if batch.boxes is not None and window != WHOLE:
        batch.boxes[index].cut(window)
    return image[:, row : row + down, column : column + across]


def _regions(sampler: BatchSampler, edges: Floats, key: int, number: NDArray[np.int64]) -> Floats:
    """The regions that a sampler gives for an image, K x 4."""
    wanted = sampler.max_sample if sampler.HasField("max_sample") else sampler.max_trials
    parts: list[Floats] = []
    count = 0
    for start in range(0, sampler.max_trials, _AT_ONCE):
        if count >= wanted:
            break
        trials = min(_AT_ONCE, sampler.max_trials - start)
        # a stream for each group of trials, so that no more are drawn than needed
        draws = Draws(stable_seed(key, start), number, 4 * trials)
        boxes = _drawn(sampler, draws.all.reshape(trials, 4))
        kept = boxes[_allowed(boxes, edges, sampler.sample_constraint)][: wanted - count]
        parts.append(kept)
        count += len(kept)
    return np.concatenate(parts) if parts else np.empty((0, 4), np.float32)


def _drawn(sampler: BatchSampler, drawn: NDArray[np.float64]) -> Floats:
    """Boxes of random size, shape and place, from four random numbers each."""
    s = sampler.sampler
    scale = s.min_scale + drawn[:, 0] * (s.max_scale - s.min_scale)
    aspect = s.min_aspect_ratio + drawn[:, 1] * (s.max_aspect_ratio - s.min_aspect_ratio)
    aspect = np.minimum(np.maximum(aspect, scale**2), 1 / scale**2)  # so that the box fits
    width, height = np.minimum(scale * np.sqrt(aspect), 1), np.minimum(scale / np.sqrt(aspect), 1)
    left, top = drawn[:, 2] * (1 - width), drawn[:, 3] * (1 - height)
    return np.stack((left, top, left + width, top + height), 1).astype(np.float32)


def _allowed(boxes: Floats, edges: Floats, constraint: SampleConstraint) -> NDArray[np.bool_]:
    """Whether each region meets a constraint with some annotated box."""
    c = constraint
    measures: tuple[tuple[float | None, float | None, Callable[[], Floats]], ...] = (
        (
            c.min_jaccard_overlap if c.HasField("min_jaccard_overlap") else None,
            c.max_jaccard_overlap if c.HasField("max_jaccard_overlap") else None,
            lambda: overlaps(boxes, edges),
        ),
        (
            c.min_sample_coverage if c.HasField("min_sample_coverage") else None,
            c.max_sample_coverage if c.HasField("max_sample_coverage") else None,
            lambda: coverage(boxes, edges),
        ),
        (
            c.min_object_coverage if c.HasField("min_object_coverage") else None,
            c.max_object_coverage if c.HasField("max_object_coverage") else None,
            lambda: coverage(edges, boxes).T,
        ),
    )
    for low, high, measure in measures:
        if low is None and high is None:
            continue
        values = measure()
        least = -np.inf if low is None else low
        within = (values >= np.float32(least)) & (values <= np.float32(np.inf if high is None else high))
        met: NDArray[np.bool_] = np.any(within, axis=1)
        return met  # the other limits don't matter in SSD's code
    return np.ones(len(boxes), bool)


def _check(sampler: BatchSampler) -> None:
    """Check the ranges of a sampler.

    Raises:
        LayerFault: with them no region can be drawn.
    """
    s, path = sampler.sampler, "annotated_data_param.batch_sampler"
    if not 0 < s.min_scale <= s.max_scale <= 1:
        message = f"scales from {s.min_scale:g} to {s.max_scale:g}; expected 0 < min_scale <= max_scale <= 1"
        raise LayerFault(message, field=path)
    if not 0 < s.min_aspect_ratio <= s.max_aspect_ratio < float("inf"):
        message = (
            f"aspect ratios from {s.min_aspect_ratio:g} to {s.max_aspect_ratio:g}; expected 0 < min <= max"
        )
        raise LayerFault(message, field=path)
    if sampler.max_trials > MAX_TRIALS:
        message = f"max_trials is {sampler.max_trials:,}; it can be {MAX_TRIALS:,} at most"
        raise LayerFault(message, field=path)
