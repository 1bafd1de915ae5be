"""Choose sizes, batches, epochs and rates for data, each with the reason."""

from __future__ import annotations

from math import ceil
from typing import Final, NamedTuple

from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.data_description import DataDescription, Images

_SIDES: Final = (28, 32, 48, 64, 96, 128, 160, 224)
_UPDATES: Final = 2000
"""Updates that a net gets at least, however few its data are, as far as `_MOST_EPOCHS` allows."""
_LEAST_EPOCHS: Final = 10
_MOST_EPOCHS: Final = 60
_BALANCED_FROM: Final = 3.0
"""How many times as frequent as the rarest a class may be before all are read equally often."""
_MANY: Final = 5000
"""Images from which a deep net learns more than a small one."""


class Choice(NamedTuple):
    """A chosen value, and why."""

    value: float
    why: str

    def __int__(self) -> int:
        return int(self.value)


def asked_for(value: int) -> Choice:
    """A value that the user gave."""
    return Choice(value, "as asked")


def choose_side(images: Images, asked: Asked, most: int, multiple: int = 1) -> Choice:
    """The side of the square images that the net takes.

    Args:
        images: their sizes.
        asked: what the user asks for.
        most: the largest side that suits the net.
        multiple: what the side has to be a multiple of.
    """
    if asked.size:
        side = -(-asked.size // multiple) * multiple
        return (
            asked_for(side) if side == asked.size else Choice(side, f"as asked, as a multiple of {multiple}")
        )
    smaller = min(images.height, images.width)
    fitting = [side for side in _SIDES if side <= min(smaller, most) and not side % multiple]
    side = fitting[-1] if fitting else -(-_SIDES[0] // multiple) * multiple
    size = f"{images.width} x {images.height} pixels"
    if side >= smaller:
        return Choice(side, f"the images have {size}")
    more = "larger ones show more detail, and take longer" if side == most else "the next smaller common side"
    return Choice(side, f"the images have {size}; {more}")


def choose_batch(description: DataDescription, asked: Asked, most: int = 32) -> Choice:
    """Samples in a batch."""
    if asked.batch_size:
        return asked_for(asked.batch_size)
    train = description.counts["train"]
    batch = next((size for size in (32, 16, 8, 4) if size <= most and train >= 10 * size), 4)
    batch = min(batch, train)
    why = (
        "smooth steps at little memory" if batch >= most else f"about {ceil(train / batch)} updates an epoch"
    )
    return Choice(batch, f"{train:,} samples to learn from: {why}")


def choose_epochs(description: DataDescription, batch: int, asked: Asked, updates: int = _UPDATES) -> Choice:
    """Passes through the training data."""
    if asked.epochs:
        return asked_for(asked.epochs)
    an_epoch = ceil(description.counts["train"] / batch)
    epochs = min(_MOST_EPOCHS, max(_LEAST_EPOCHS, ceil(updates / an_epoch)))
    return Choice(epochs, f"{an_epoch:,} updates an epoch, {an_epoch * epochs:,} in all")


def balanced(description: DataDescription) -> bool:
    """Whether all classes are read equally often, since some are rare."""
    return description.task == CLASSIFICATION and description.imbalance >= _BALANCED_FROM


def many(description: DataDescription) -> bool:
    """Whether there is so much data that a deep net learns more than a small one."""
    return description.counts["train"] >= _MANY
