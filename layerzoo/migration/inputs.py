"""Inputs that look like real ones: drawn pictures for images, typical numbers or noise for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from layerzoo.data.drawn_shapes import draw
from layerzoo.data.image import resize
from layerzoo.errors import ExportError
from layerzoo.export.comparing import TOLERANCE, compare
from layerzoo.export.rounding import changed, undecided_rows
from layerzoo.export.rows import Rows, lists_of_rows
from layerzoo.net import Net
from layerzoo.survey.inputs import draw as draw_numbers

MEAN: Final = (104.0, 117.0, 123.0)
"""Mean of ImageNet's blue, green and red, which most published nets subtract."""
STANDARD: Final[Mapping[str, Any]] = {"mean_value": MEAN, "scale": 1 / 64}
"""Preprocessing that gives numbers of about 1, for params of random values: larger ones saturate Softmax."""
_SIDE: Final = 128
_SHAPES: Final = 4
_CANDIDATES: Final = 5
"""The number of inputs that are tried."""
_CHANGES: Final = 3
"""The number of small changes that each must stand."""
_ROUNDING: Final = 1e-6
"""Standard deviation of the changes, relative; about that of rounding."""


def determining(net: Net, preprocessing: Mapping[str, Any]) -> tuple[dict[str, Tensor], list[str]]:
    """The first of several inputs at which rounding decides nothing, see `layerzoo.export.rounding`.

    Args:
        net: a TEST net with inputs.
        preprocessing: see `realistic`.

    Returns:
        the inputs at which small changes leave the outputs as they are, otherwise the first ones; and what
        rounding decides at them.
    """
    lists = lists_of_rows(net.graph)
    inputs = realistic(net, preprocessing)
    if not lists:
        return inputs, []
    for number in range(_CANDIDATES):
        inputs = realistic(net, preprocessing, number)
        if _is_determined(net, inputs, lists):
            return inputs, []
    inputs = realistic(net, preprocessing)
    rows = undecided_rows(
        lambda *given: list(net(*given).values()), list(inputs.values()), net.outputs, lists, TOLERANCE
    )
    return inputs, [
        f"rounding decides {int(mask.sum())} of {len(mask)} rows of '{name}': small changes of the image "
        "alter them, so they need not agree"
        for name, mask in rows.items()
    ]


@torch.no_grad()
def _is_determined(net: Net, inputs: Mapping[str, Tensor], lists: Mapping[str, Rows]) -> bool:
    """Whether small changes of the inputs leave the outputs within the tolerance of comparisons."""
    expected = list(net(**inputs).values())
    for blobs in changed(list(inputs.values()), _CHANGES, _ROUNDING):
        received = list(net(**dict(zip(inputs, blobs, strict=True))).values())
        try:
            compare(expected, received, net.outputs, "net", lists)
        except ExportError:
            return False
    return True


def realistic(net: Net, preprocessing: Mapping[str, Any], number: int = 0) -> dict[str, Tensor]:
    """Inputs for a net, by name.

    A blob of 1 or 3 channels with height and width gets pictures of shapes, prepared as
    ``(x * value_scale - mean_value) * scale``. Sizes of images, indices and the like get what a layer that
    reads them says; the others reproducible noise of standard deviation 1.

    Args:
        net: a net with inputs.
        preprocessing: what is done to images; where it says nothing, ImageNet's mean is subtracted.
        number: other inputs for each number.
    """
    inputs, numbers = {}, draw_numbers(net.graph, seed=number)
    for blob in net.graph.inputs:
        shape = tuple(blob.shape or ())
        pictures = len(shape) == 4 and shape[1] in {1, 3} and min(shape[2:]) >= 8
        inputs[blob.name] = _pictures(shape, preprocessing, number) if pictures else numbers[blob.index]
    return inputs


def _pictures(shape: tuple[int, ...], preprocessing: Mapping[str, Any], number: int) -> Tensor:
    count, channels, height, width = shape
    drawn = [draw((number * count + index,), _SIDE, _SHAPES).image for index in range(count)]
    images = np.stack([resize(image, height, width) for image in drawn]).astype(np.float32)
    if channels == 1:
        images = images.mean(1, keepdims=True, dtype=np.float32)
    known: Mapping[str, Any] = preprocessing or {"mean_value": MEAN}
    means = np.array(known.get("mean_value") or [0], np.float32)
    means = means if len(means) in {1, channels} else means.mean(keepdims=True)
    images *= np.float32(known.get("value_scale", 1))
    return torch.from_numpy((images - means[:, None, None]) * np.float32(known.get("scale", 1)))
