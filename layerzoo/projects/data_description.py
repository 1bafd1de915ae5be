"""What a user's data are, and how a layer reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from layerzoo.layer import LAYERS

PARTS: Final = ("train", "val", "test")
"""What data are divided into: to learn from, to choose the best weights by, and for the final score."""

TOPS: Final = frozenset({"data", "numbers", "categories", "label", "cont"})
"""Names of tops that templates know."""


@dataclass(frozen=True)
class Images:
    """The sizes of images.

    Attributes:
        height, width: of the middle image by size.
        channels: 1 if all that were looked at are grey, else 3.
        several: whether their sizes differ.
        fixed: whether the layer gives them as they are stored, without ``transform_param``.
    """

    height: int
    width: int
    channels: int
    several: bool = False
    fixed: bool = False


@dataclass
class DataDescription:
    """What a recogniser says of data.

    Attributes:
        what: what they are, as in ``a folder for each class``.
        task: one of `layerzoo.projects.TASKS`.
        layer: type of the layer that reads them.
        fields: values of the layer's own message by field, beside ``batch_size``.
        tops: names of the layer's tops.
        counts: number of samples by part.
        classes: number of samples of each class by name; empty if there are none.
        images: sizes of the images, if they are images.
        shapes: shape of a sample by top, for tops that are not images.
        shares: of val and test, for data that are split by a hash; None for a source that is divided into
            parts, of which ``split`` of ``reading_param`` chooses one.
        details: further lines on what was found.
        warnings: what the user should look at.
        files: further files of the project by name, such as lists.
        new_sample: what the README gives to ``classify`` as a sample of the user's own.
        models: templates that suit, the first of them by default; none: those of the task.
    """

    what: str
    task: str
    layer: str
    fields: Mapping[str, object]
    tops: Sequence[str] = ("data", "label")
    counts: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    images: Images | None = None
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    shares: tuple[float, float] | None = None
    details: Sequence[str] = ()
    warnings: list[str] = field(default_factory=list)
    files: Mapping[str, str] = field(default_factory=dict)
    new_sample: str = "photo.jpg"
    models: Sequence[str] = ()

    @property
    def message(self) -> str:
        """The layer's own field of parameters, such as ``folder_data_param``."""
        return LAYERS[self.layer].messages[0]

    @property
    def renamed(self) -> dict[str, str]:
        """The names that the net gives to a first and a second top of other names: data, and label."""
        pairs = zip(self.tops, ("data", "label"), strict=False)
        return {top: name for top, name in pairs if top not in TOPS}

    @property
    def takes_labels(self) -> bool:
        """Whether the user can name the columns to predict."""
        return not self.fields.keys().isdisjoint({"column", "label", "label_column"})

    @property
    def total(self) -> int:
        """The number of samples."""
        return sum(self.counts.values())

    @property
    def imbalance(self) -> float:
        """How many times as often the most frequent class occurs as the rarest."""
        counts = [count for count in self.classes.values() if count]
        return max(counts) / min(counts) if counts else 1.0
