"""Images and labels of data sets that the library datasets has saved to disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Array, Kept, Samples
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError, MissingExtraError, did_you_mean, nearest
from layerzoo.image_file import MAX_FILE
from layerzoo.reader import sandbox

_SPLITS: Final = {"train": ("train",), "val": ("validation", "val", "valid", "dev"), "test": ("test",)}
"""The names that each part has in data sets of several splits."""


class HuggingFaceSet(NamedTuple):
    """A data set.

    Attributes:
        rows: the data set, whose images stay encoded.
        image, label: names of the columns.
        labels: the label of each row.
        names: names of the classes, if they are known.
        divided: whether it is one of several splits.
    """

    rows: Any
    image: str
    label: str
    labels: Ints
    names: list[str] | None
    divided: bool


def has_part(source: Path, part: str) -> bool:
    """Whether a saved data set has a split of one of the names of a part: train, val or test."""
    return any((source / name).is_dir() for name in _SPLITS[part])


def open_saved(source: Path, part: str, image: str = "", label: str = "") -> HuggingFaceSet:
    """Open a data set that was saved to disk; no code of it runs.

    Args:
        source: its folder.
        part: the split to read where it has several: train, val or test.
        image, label: names of the columns; empty: found by their features.

    Raises:
        MissingExtraError: the library datasets is not installed.
        DataError: it is damaged, or has no such split or columns, or the sandbox is on.
    """
    if sandbox.is_on():
        message = "data sets of Hugging Face aren't read in the sandbox; export their images to a folder"
        raise DataError(f"{source}: {message}")
    library = _library()
    try:
        saved = library.load_from_disk(str(source))
    except Exception as error:  # whatever Arrow and the library raise of damaged files
        raise DataError(f"{source}: not a data set that save_to_disk wrote: {error!s:.200}") from None
    divided = isinstance(saved, dict)
    if divided:
        name = next((name for name in _SPLITS[part] if name in saved), None)
        if name is None:
            raise DataError(f"{source}: no split '{part}'; it has {', '.join(saved)}")
        saved = saved[name]
    if not len(saved):
        raise DataError(f"{source}: no rows")
    features = saved.features
    image = image or next((n for n, one in features.items() if isinstance(one, library.Image)), "image")
    label = label or next((n for n, one in features.items() if isinstance(one, library.ClassLabel)), "label")
    for name in (image, label):
        if name not in features:
            hint = did_you_mean(nearest(name, list(features))) or f"it has {', '.join(features)}"
            raise DataError(f"{source}: no column '{name:.100}'; {hint:.300}")
    try:
        saved = saved.select_columns([image, label])
        # Arrow trusts the offsets in a file, and would read outside of it
        saved.data.table.validate(full=True)
        saved = saved.cast_column(image, library.Image(decode=False))
        labels = np.asarray(saved.with_format("numpy")[label][:])
    except Exception as error:
        raise DataError(f"{source}: columns '{image}' and '{label}' can't be read: {error!s:.200}") from None
    if labels.ndim != 1 or labels.dtype.kind not in "iub":
        raise DataError(f"{source}: column '{label}' doesn't hold a whole number in each row")
    names = list(features[label].names) if isinstance(features[label], library.ClassLabel) else None
    return HuggingFaceSet(saved, image, label, labels.astype(np.int64), names, divided)


def _library() -> Any:
    try:
        import datasets  # type: ignore[import-untyped]  # it has no types
    except ImportError:
        raise MissingExtraError("a data set of Hugging Face", "huggingface") from None
    return datasets


class HuggingFaceSamples(Samples):
    """The rows of a data set.

    Args:
        opened: the data set.
        pipeline: the transforms of its images.
        source: its folder, for messages.
        part: the part that all rows are, a value of ``ReadingParameter.Split``; None if it isn't divided.
    """

    labels_are_known = True

    def __init__(self, opened: HuggingFaceSet, pipeline: Pipeline, source: str, part: int | None) -> None:
        self._opened, self._pipeline, self._source, self._part = opened, pipeline, source, part

    def __len__(self) -> int:
        return len(self._opened.labels)

    def part_of(self, index: int) -> int | None:
        """The part that all rows are, if the data set is divided."""
        return self._part

    def name(self, index: int) -> str:
        """The number of a row."""
        return f"{self._source}: row {index}"

    def keep(self, kept: Kept) -> bool:
        """Keep images after decoding and the other leading transforms that aren't random."""
        return self._pipeline.keep(kept)

    def labels(self) -> Ints:
        """The class of each row."""
        return self._opened.labels

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images and labels."""
        places = indices.tolist()

        def name(index: int) -> str:
            return self.name(places[index])

        images = [Encoded(partial(self.image_bytes, place)) for place in places]
        return self._pipeline(images, numbers, key, name), self._opened.labels[indices].astype(np.float32)

    def image_bytes(self, index: int) -> bytes:
        """The file of a row's image.

        Raises:
            DataError: it is missing, too large, or can't be read.
        """
        try:
            value = self._opened.rows[index][self._opened.image]
        except Exception as error:
            raise DataError(f"{self.name(index)}: can't be read: {error!s:.200}") from None
        data = value.get("bytes") if isinstance(value, dict) else None
        if not isinstance(data, bytes) or len(data) > MAX_FILE:
            raise DataError(f"{self.name(index)}: no image in column '{self._opened.image}'")
        return data
