"""The samples behind a report: what a net says of each, and small pictures of all of them on sheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from layerzoo.evaluation.judge import Judged

COLUMNS: Final = 32
"""Pictures in a row of a sheet; a full sheet has as many rows."""
MAX_SIDE: Final = 64
MAX_PICTURES: Final = 20_000


def sample_facts(judged: Judged, best: int = 24) -> dict[str, Any]:
    """What a net says of each sample, as JSON-compatible values.

    Args:
        judged: scores and labels.
        best: how many samples of each class are named.

    Returns:
        ``labels``, ``guesses``, ``scores`` (of the guess) by sample, and ``best``: for each class the samples
        that the net is surest of, each with its score.
    """
    scores = judged.scores
    guesses = scores.argmax(1)
    order = np.argsort(-scores, axis=0, kind="stable")[:best]
    return {
        "labels": judged.labels.tolist(),
        "guesses": guesses.tolist(),
        "scores": np.round(scores[np.arange(len(scores)), guesses].astype(np.float64), 6).tolist(),
        "best": [
            [[int(sample), round(float(scores[sample, column]), 6)] for sample in order[:, column]]
            for column in range(scores.shape[1])
        ],
    }


def sheet_facts(images: NDArray[np.float32]) -> dict[str, int]:
    """Where a sample's picture stands on the sheets, as JSON-compatible values.

    Returns:
        ``width`` and ``height`` of a picture, ``columns`` of a sheet, ``per_sheet`` and ``count``: pictures.
    """
    height, width = _size(images)
    count = min(len(images), MAX_PICTURES)
    return {
        "width": width,
        "height": height,
        "columns": COLUMNS,
        "per_sheet": COLUMNS * COLUMNS,
        "count": count,
    }


def sheets(images: NDArray[np.float32]) -> Iterator[Image.Image]:
    """Small pictures of samples, in rows of `COLUMNS`, in the order of the set.

    Args:
        images: samples x channels (1, or 3 as BGR) x height x width; each is scaled to all grey levels.
    """
    height, width = _size(images)
    per_sheet = COLUMNS * COLUMNS
    for first in range(0, min(len(images), MAX_PICTURES), per_sheet):
        part = images[first : min(first + per_sheet, MAX_PICTURES)]
        rows = -(-len(part) // COLUMNS)
        sheet = Image.new("RGB", (COLUMNS * width, rows * height))
        for place, image in enumerate(part):
            small = visible(image)
            if small.size != (width, height):
                small = small.resize((width, height), Image.Resampling.BILINEAR)
            sheet.paste(small, (place % COLUMNS * width, place // COLUMNS * height))
        yield sheet


def visible(image: NDArray[np.float32]) -> Image.Image:
    """An input of a net (channels, 1 or 3 as BGR, x height x width) as a picture, over all grey levels."""
    low, high = float(image.min()), float(image.max())
    grey = ((image - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
    if len(grey) == 1:
        return Image.fromarray(grey[0]).convert("RGB")
    return Image.fromarray(np.ascontiguousarray(grey[::-1].transpose(1, 2, 0)))


def _size(images: NDArray[np.float32]) -> tuple[int, int]:
    """Height and width of a small picture."""
    height, width = images.shape[2:]
    scale = min(1.0, MAX_SIDE / max(height, width, 1))
    return max(1, round(height * scale)), max(1, round(width * scale))
