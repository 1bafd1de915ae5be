"""Select a part of a source: a split by a stable hash, the first samples, or each class equally often."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import blake2b

import numpy as np

from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Samples
from layerzoo.data.switches import Switches
from layerzoo.data.wrapped import Wrapped
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TRAIN, LayerParameter, ReadingParameter

Split = ReadingParameter.Split


class Selected(Wrapped):
    """Some samples of a source, in its order.

    Args:
        source: the source.
        chosen: indices of the samples, ascending.
    """

    def __init__(self, source: Samples, chosen: Ints) -> None:
        super().__init__(source)
        self._chosen = chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch."""
        return self.source.read(self._chosen[indices], numbers, key)

    def permutation(self, rng: np.random.Generator) -> Ints:
        """Draw a random order as the source draws its own, such as file by file."""
        places = np.full(len(self.source), -1, np.int64)
        places[self._chosen] = np.arange(len(self._chosen))
        order: Ints = places[self.source.permutation(rng)]
        return order[order >= 0]

    def key_of(self, index: int) -> str:
        """What identifies a sample in the source."""
        return self.source.key_of(int(self._chosen[index]))

    def name(self, index: int) -> str:
        """The name of a sample in messages."""
        return self.source.name(int(self._chosen[index]))

    def part_of(self, index: int) -> int | None:
        """The part of the source's own that a sample is in."""
        return self.source.part_of(int(self._chosen[index]))

    def labels(self) -> Ints | None:
        """The class of each selected sample, see `Samples.labels`."""
        labels = self.source.labels()
        return None if labels is None else labels[self._chosen]


def select(source: Samples, switches: Switches) -> Samples:
    """The part of a source that the switches select; the source itself if they select all.

    Raises:
        LayerFault: the part has no samples.
    """
    if switches.split == ReadingParameter.ALL and (not switches.limit or switches.limit >= len(source)):
        return source
    chosen = np.arange(len(source))
    if switches.split != ReadingParameter.ALL:
        splits = np.array([_split(source, index, switches.shares) for index in range(len(source))])
        chosen = np.flatnonzero(splits == switches.split)
        if not len(chosen):
            part, (val, test) = Split.Name(switches.split), switches.shares
            shares = f"val_share {val:g}, test_share {test:g}"
            message = f"split {part} has none of the {len(source):,} samples ({shares})"
            raise LayerFault(message, field="reading_param.split", hint="give larger shares, or more samples")
    return Selected(source, chosen[: switches.limit or None])


def _split(source: Samples, index: int, shares: tuple[float, float]) -> int:
    part = source.part_of(index)
    return split_of(source.key_of(index), *shares) if part is None else part


def part_to_read(param: LayerParameter, has_val: bool) -> str:
    """The part of a source that is divided into train, val and test which a layer reads.

    It is that of ``split``; without one, TRAIN reads train, and TEST reads val, or test if there is no val.

    Args:
        param: the layer's message.
        has_val: whether the source has a part val.
    """
    split = param.reading_param.split
    if split != ReadingParameter.ALL:
        return Split.Name(split).lower()
    return "train" if param.phase == TRAIN else "val" if has_val else "test"


def split_of(key: str, val_share: float, test_share: float) -> Split:
    """The part to which the sample with a key belongs, by a hash of the key alone."""
    digest = blake2b(key.encode(errors="surrogateescape"), digest_size=8).digest()
    place = int.from_bytes(digest, "little") / 2**64
    if place < test_share:
        return ReadingParameter.TEST
    return ReadingParameter.VAL if place < test_share + val_share else ReadingParameter.TRAIN


def balanced_order(source: Samples) -> Callable[[np.random.Generator], Ints]:
    """What draws the order of an epoch in which each class is equally often; see `balanced_epoch`.

    Raises:
        LayerFault: the source has no labels.
    """
    labels = source.labels()
    if labels is None:
        hint = "its samples have no single label each; remove sampler"
        raise LayerFault("sampler BALANCED needs labels", field="reading_param.sampler", hint=hint)
    if not len(labels):
        raise DataError("no samples to balance")
    _, class_of = np.unique(labels, return_inverse=True)
    return partial(balanced_epoch, [np.flatnonzero(class_of == c) for c in range(int(class_of.max()) + 1)])


def balanced_epoch(members: list[Ints], rng: np.random.Generator) -> Ints:
    """Draw the order of an epoch in which the counts of two classes differ by 1 at most.

    A class with fewer samples than its count is read in several rounds, each with all of its samples.

    Args:
        members: indices of the samples of each class.
        rng: the epoch's generator.

    Returns:
        as many indices as there are samples.
    """
    total, classes = sum(map(len, members)), len(members)
    counts = np.full(classes, total // classes)
    counts[rng.permutation(classes)[: total % classes]] += 1
    drawn = []
    for indices, count in zip(members, counts.tolist(), strict=True):
        rounds = [rng.permutation(indices) for _ in range(-(-count // len(indices)))]
        drawn.append(np.concatenate(rounds)[:count] if rounds else indices[:0])
    return rng.permutation(np.concatenate(drawn))
