"""The switches that data layers of every type have, from ``reading_param``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from layerzoo.errors import LayerFault
from layerzoo.schema import LayerParameter, ReadingParameter, part_of

MAX_WORKERS = 256
"""The most processes of a layer."""


class Switches(NamedTuple):
    """How a data layer reads its source, see ``ReadingParameter`` in the schema.

    Attributes:
        shuffle: whether each epoch is shuffled; None leaves it to the layer's own message.
        limit: samples that are read at most; 0 for all.
        balanced: whether each class is read equally often in training.
        split: the part that is read, a value of ``ReadingParameter.Split``.
        shares: the shares of VAL and TEST.
        cache: a value of ``ReadingParameter.Cache``.
        max_skipped: samples that may be unreadable; None stops at the first.
        workers: processes that read; None if they are chosen.
        order: name of the order that layers share; empty for one of the layer's own.
    """

    shuffle: bool | None = None
    limit: int = 0
    balanced: bool = False
    split: int = ReadingParameter.ALL
    shares: tuple[float, float] = (0.0, 0.0)
    cache: int = ReadingParameter.NONE
    max_skipped: int | None = None
    workers: int | None = None
    order: str = ""

    @classmethod
    def of(
        cls, param: LayerParameter, messages: tuple[str, ...], without: Mapping[str, str] | None = None
    ) -> Self:
        """The switches of a layer.

        Args:
            param: its message.
            messages: names of the messages that it reads.
            without: the switches that have no meaning for its type, and why.

        Raises:
            LayerFault: a value is invalid, or two contradict each other.
        """
        p = param.reading_param
        for name, why in (without or {}).items():
            if p.HasField(name):
                raise LayerFault(
                    f"{name} has no effect: {why}", field=f"reading_param.{name}", hint="remove it"
                )
        shuffle = p.shuffle if p.HasField("shuffle") else None
        balanced = p.sampler == ReadingParameter.BALANCED
        _check_shuffle(param, messages, shuffle, balanced)
        shares = (p.val_share, p.test_share)
        _check_shares(p, shares)
        if p.workers > MAX_WORKERS:
            message = f"workers is {p.workers}; at most {MAX_WORKERS} processes read for a layer"
            raise LayerFault(message, field="reading_param.workers")
        max_skipped = p.max_skipped
        if p.on_error != ReadingParameter.SKIP:
            if p.HasField("max_skipped"):
                field = "reading_param.max_skipped"
                raise LayerFault("max_skipped without on_error: SKIP", field=field, hint="add on_error: SKIP")
            max_skipped = None  # type: ignore[assignment]
        workers = p.workers if p.HasField("workers") else None
        return cls(shuffle, p.limit, balanced, p.split, shares, p.cache, max_skipped, workers, p.order)


def _check_shuffle(
    param: LayerParameter, messages: tuple[str, ...], shuffle: bool | None, balanced: bool
) -> None:
    """Check ``shuffle`` against the sampler, and against the field of that name in another message."""
    if shuffle is None:
        return
    if balanced and not shuffle:
        raise LayerFault(
            "shuffle: false with sampler: BALANCED, which reads in random order",
            field="reading_param.shuffle",
            hint="remove one of them",
        )
    for name in messages:
        own = part_of(param, name)
        if name == "reading_param" or own is None or "shuffle" not in own.DESCRIPTOR.fields_by_name:
            continue
        if own.HasField("shuffle") and own.shuffle != shuffle:
            raise LayerFault(
                f"shuffle is {_text(shuffle)} here, and {_text(own.shuffle)} in {name}",
                field="reading_param.shuffle",
                hint="remove one of them",
            )


def _check_shares(p: ReadingParameter, shares: tuple[float, float]) -> None:
    for name, share in zip(("val_share", "test_share"), shares, strict=True):
        if not 0 <= share <= 1:
            message = f"{name} is {share:g}; expected a share from 0 to 1"
            raise LayerFault(message, field=f"reading_param.{name}")
        if p.split == ReadingParameter.ALL and p.HasField(name):
            message = f"{name} without split, so the whole source is read"
            raise LayerFault(message, field=f"reading_param.{name}", hint="give split: TRAIN, VAL or TEST")
    if sum(shares) > 1:
        message = f"val_share {shares[0]:g} and test_share {shares[1]:g} are more than 1 together"
        raise LayerFault(message, field="reading_param.val_share")


def _text(value: bool) -> str:
    return "true" if value else "false"
