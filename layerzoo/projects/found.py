"""What was recognised in a user's data, and how a layer reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PARTS: Final = ("train", "val", "test")
"""What data are divided into: to learn from, to choose the best weights by, and for the final score."""


@dataclass(frozen=True)
class Images:
    """The sizes of images.

    Attributes:
        height, width: of the middle image by size.
        channels: 1 if all that were looked at are grey, else 3.
        several: whether their sizes differ.
    """

    height: int
    width: int
    channels: int
    several: bool = False


@dataclass
class Found:
    """Data that a recogniser knows.

    Attributes:
        what: what they are, as in ``a folder for each class``.
        task: one of `layerzoo.projects.TASKS`.
        source: where they are.
        layer: type of the layer that reads them.
        message: its field of parameters, such as ``folder_data_param``.
        fields: values of that message by field, beside ``batch_size``; the same for all parts.
        part_fields: values that differ, by part; a part that is missing there doesn't exist.
        tops: names of the layer's tops.
        counts: number of samples by part.
        classes: number of samples of each class by name; empty if there are none.
        images: sizes of the images, if they are images.
        shapes: shape of a sample by top, for tops that are not images.
        shares: of val and test, for data that are split by a hash; None if they come divided.
        details: further lines on what was found.
        warnings: what the user should look at.
        files: further files of the project by name, such as lists.
        transformed: whether the layer resizes images and changes their values, by ``transform_param``.
        renamed: names that the net gives to tops of other names.
        models: templates that suit, the first of them by default; none: those of the task.
    """

    what: str
    task: str
    source: Path
    layer: str
    message: str
    fields: Mapping[str, object]
    tops: Sequence[str] = ("data", "label")
    part_fields: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    images: Images | None = None
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    shares: tuple[float, float] | None = None
    details: Sequence[str] = ()
    warnings: list[str] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)
    transformed: bool = True
    renamed: Mapping[str, str] = field(default_factory=dict)
    models: Sequence[str] = ()

    @property
    def total(self) -> int:
        """The number of samples."""
        return sum(self.counts.values())

    @property
    def imbalance(self) -> float:
        """How many times as often the most frequent class occurs as the rarest."""
        counts = [count for count in self.classes.values() if count]
        return max(counts) / min(counts) if counts else 1.0
