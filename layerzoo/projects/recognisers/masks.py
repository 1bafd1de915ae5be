"""Images, and masks of the classes of their pixels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data.mask_files import read_mask_folders
from layerzoo.errors import DataError
from layerzoo.projects.asked import SEGMENTATION, Asked
from layerzoo.projects.found import Found
from layerzoo.projects.looking import choose_shares, count_parts, data_layer, look_at_images
from layerzoo.projects.recogniser import Recogniser, recogniser

PAIRS: Final = (
    ("images", "masks"),
    ("images", "labels"),
    ("images", "annotations"),
    ("imgs", "masks"),
    ("JPEGImages", "SegmentationClass"),
)
"""The folders of images and of masks."""
_LOOKED_AT: Final = 40
_IGNORED: Final = 255
_WHITE: Final = 127
_MESSAGE: Final = "mask_data_param"


@recogniser
class Masks(Recogniser):
    """A folder with images and masks of the same names, such as images/1.jpg and masks/1.png."""

    expects = "a folder with images and masks of the same names: images/1.jpg and masks/1.png"
    rank = 30

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> Found | None:
        """What lies at a path; see `Recogniser.recognise`."""
        pair = next(((i, m) for i, m in PAIRS if (path / i).is_dir() and (path / m).is_dir()), None)
        if pair is None:
            return None
        pairs = read_mask_folders(path / pair[0], path / pair[1])
        fields: dict[str, object] = {"source": str(path.absolute())}
        if pair != PAIRS[0]:
            fields |= {"image_folder": pair[0], "mask_folder": pair[1]}
        images, warnings = look_at_images([one.image for one in pairs])
        values, names = _looked_at(fields)
        if not names and values.keys() - {0} and min(values.keys() - {0}) > _WHITE and len(values) <= 2:
            fields["binary"] = True
            values, names = _looked_at(fields)
        labels = sorted(value for value in values if value != _IGNORED)
        if len(labels) < 2:
            raise DataError(
                f"-data {path}: the masks have the value {labels[0] if labels else _IGNORED} only"
            )
        names = names or [str(label) for label in range(labels[-1] + 1)]
        shares = choose_shares(len(pairs))
        return Found(
            what=f"{len(pairs):,} images with masks of {len(names)} classes",
            task=SEGMENTATION,
            layer="MaskData",
            message=_MESSAGE,
            fields=fields,
            counts=count_parts([one.key for one in pairs], shares),
            classes={name: values[label] for label, name in enumerate(names)},
            images=images,
            shares=shares,
            details=["the number after a class: of the masks that were looked at, those that have it"],
            warnings=warnings,
        )


def _looked_at(fields: dict[str, object]) -> tuple[Counter[int], list[str]]:
    """In how many masks each value occurs, of those looked at, and the names of the classes."""
    size = {"resize_param": {"height": 64, "width": 64}}
    layer = data_layer(
        "MaskData", ["x", "y"], **{_MESSAGE: {**fields, "batch_size": 1}, "transform_param": size}
    )
    source = layer.source
    chosen = np.arange(0, len(source), max(1, len(source) // _LOOKED_AT))
    masks = source.read(chosen, chosen, 0)[1]
    counts = Counter(int(value) for mask in masks for value in np.unique(mask))
    return counts, list(type(layer).class_names(layer.param) or [])
