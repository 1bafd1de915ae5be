"""Images, and masks of the classes of their pixels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data.mask_files import MaskedImage, read_mask, read_mask_folders
from layerzoo.errors import DataError
from layerzoo.projects.asked import SEGMENTATION, Asked
from layerzoo.projects.data_description import DataDescription
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
_IGNORED: Final = 255
_WHITE: Final = 127
_MOST_CLASSES: Final = 1000
_LOSSY: Final = frozenset({".jpg", ".jpeg"})
_MESSAGE: Final = "mask_data_param"


@recogniser
class Masks(Recogniser):
    """A folder with images and masks of the same names, such as images/1.jpg and masks/1.png."""

    expects = "a folder with images and masks of the same names: images/1.jpg and masks/1.png"
    rank = 30

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        pair = next(((i, m) for i, m in PAIRS if (path / i).is_dir() and (path / m).is_dir()), None)
        if pair is None:
            return None
        pairs = read_mask_folders(path / pair[0], path / pair[1])
        fields: dict[str, object] = {"source": str(path.absolute())}
        if pair != PAIRS[0]:
            fields |= {"image_folder": pair[0], "mask_folder": pair[1]}
        images, warnings = look_at_images([one.image for one in pairs])
        names = _names(fields)
        values_of = _values([one.mask for one in pairs])
        values = Counter(value for mask in values_of for value in mask)
        if not names and _black_and_white(values, pairs):
            fields["binary"] = True
            names = _names(fields)
            values = Counter(value for mask in values_of for value in {int(value > _WHITE) for value in mask})
        labels = sorted(value for value in values if value != _IGNORED)
        if len(labels) < 2:
            raise DataError(
                f"-data {path}: the masks have the value {labels[0] if labels else _IGNORED} only"
            )
        _check_labels(path, labels[-1], names, zip(pairs, values_of, strict=True))
        names = names or [str(label) for label in range(labels[-1] + 1)]
        shares = choose_shares(len(pairs))
        return DataDescription(
            what=f"{len(pairs):,} images with masks of {len(names)} classes",
            task=SEGMENTATION,
            layer="MaskData",
            fields=fields,
            counts=count_parts([one.key for one in pairs], shares),
            classes={name: values[label] for label, name in enumerate(names)},
            images=images,
            shares=shares,
            details=["the number after a class: the masks that have it"],
            warnings=warnings,
        )


def _names(fields: dict[str, object]) -> list[str]:
    """The names of the classes; none if they are not known."""
    layer = data_layer("MaskData", ["x", "y"], **{_MESSAGE: {**fields, "batch_size": 1}})
    return list(type(layer).class_names(layer.param) or [])


def _values(masks: Sequence[Path]) -> list[set[int]]:
    """The values in each mask: of all masks and pixels, since a class may be rare and small."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(lambda mask: set(np.unique(read_mask(mask)).tolist()), masks))


def _black_and_white(values: Collection[int], pairs: Sequence[MaskedImage]) -> bool:
    """Whether masks are black and white: by their values, or since JPEG changes those of classes."""
    if any(one.mask.suffix.lower() in _LOSSY for one in pairs):
        return min(values) <= _WHITE < max(values)
    others = set(values) - {0}
    return bool(others) and min(others) > _WHITE and len(values) <= 2


def _check_labels(
    path: Path, largest: int, names: Sequence[str], masks: Iterable[tuple[MaskedImage, set[int]]]
) -> None:
    """Check that the largest label is the number of a class.

    Raises:
        DataError: it isn't; names the mask.
    """
    if largest < (len(names) or _MOST_CLASSES):
        return
    mask = next(one.mask for one, values in masks if largest in values)
    expected = f"the {len(names)} classes of its file of names" if names else "numbers of classes, from 0"
    raise DataError(f"-data {path}: {mask} has the value {largest}; expected {expected}, or 255 for none")
