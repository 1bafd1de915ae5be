"""How images are prepared for a net: the fields of ``transform_param``."""

from __future__ import annotations

from typing import Final

from layerzoo.projects.asked import REGRESSION
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.yaml_text import Word

_WARP: Final = {"max_rotation": 10, "max_translation": 0.06, "min_zoom": 0.9, "max_zoom": 1.15}
_JITTER: Final = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2}
"""What changes photos at random without changing what they show."""


def prepared(description: DataDescription, side: int, train: bool) -> dict[str, object]:
    """The fields that bring images of any size to a square, and values to about -2 to 2.

    Args:
        description: the data, which have images.
        side: of the square, in pixels.
        train: whether they are for training, in which they are also changed at random; not where numbers are
            predicted, which a change of size, place or brightness could make wrong.
    """
    images = description.images
    assert images is not None
    fields: dict[str, object] = {"resize_param": {"height": side, "width": side}}
    if images.channels == 1:
        fields["force_gray"] = True
    train = train and description.task != REGRESSION
    if train and images.channels == 3:
        fields["mirror"] = True
        fields |= {"warp_param": _WARP, "color_jitter_param": _JITTER}
    elif train:  # a scan's ground is as often white as black
        fields["warp_param"] = {**_WARP, "border": Word("REPEAT_NEAREST")}
    return {**fields, "mean_value": [127.5] * images.channels, "scale": 0.0157}
