"""Images in files, with labels, as samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from layerzoo.data.class_folders import LabelledFile
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Array, Kept, Samples
from layerzoo.data.transform import Pipeline
from layerzoo.image_file import read_file


class ImageFiles(Samples):
    """Images with a class each.

    Args:
        files: the images.
        pipeline: their transforms.
        part: the part of a divided source that they are, a value of ``ReadingParameter.Split``; else None.
    """

    labels_are_known = True

    def __init__(self, files: Sequence[LabelledFile], pipeline: Pipeline, part: int | None = None) -> None:
        self._files, self._pipeline, self._part = files, pipeline, part

    def __len__(self) -> int:
        return len(self._files)

    def key_of(self, index: int) -> str:
        """The path of an image relative to the source."""
        return self._files[index].key

    def part_of(self, index: int) -> int | None:
        """The part that all images are, if the source is divided."""
        return self._part

    def keep(self, kept: Kept) -> bool:
        """Keep images after decoding and the other leading transforms that aren't random."""
        return self._pipeline.keep(kept)

    def name(self, index: int) -> str:
        """The path of an image."""
        return str(self._files[index].path)

    def labels(self) -> Ints:
        """The class of each image."""
        return np.array([file.label for file in self._files], np.int64)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read images and labels."""
        files = [self._files[index] for index in indices.tolist()]

        def name(index: int) -> str:
            return str(files[index].path)

        images = [Encoded(partial(read_file, file.path)) for file in files]
        return self._pipeline(images, numbers, key, name), np.array(
            [file.label for file in files], np.float32
        )
