"""The part of the check of data that takes no time, for the start of training."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from google.protobuf.message import Message

from layerzoo.data import DataLayer
from layerzoo.data_report.class_numbers import class_mismatch
from layerzoo.data_report.sources import DataSource, sources_of
from layerzoo.errors import LayerzooError
from layerzoo.net import Net

log = logging.getLogger("layerzoo")

MAX_READ: Final = 5000
"""The most samples of a source whose labels have to be read one by one."""
_SHOWN: Final = 5
_HOW: Final = ("batch_size", "prefetch", "shuffle", "rand_skip", "cache", "workers")
"""Fields that say how a source is read, not what."""


def quick_check(sources: Sequence[DataSource]) -> list[str]:
    """Likely mistakes that labels and names alone show, one a line.

    Labels out of range, empty classes, classes that training and test number differently, and one source for
    both. Sources that can't be opened are
    left out: training reports them.
    """
    lines: list[str] = []
    for source in sources:
        try:
            lines += _of_labels(source)
        except LayerzooError:
            continue
    trained = [source for source in sources if source.phase == "TRAIN"]
    tested = [source for source in sources if source.phase == "TEST"]
    for first in trained:
        for second in tested:
            try:
                if same_samples(first, second):
                    what = (
                        f"'{second.name}' of TEST reads the samples of '{first.name}' of TRAIN ({first.text})"
                    )
                    lines.append(f"{what}: its score says nothing of new data")
                if mismatch := class_mismatch(first, second):
                    lines.append(mismatch)
            except LayerzooError:
                continue
    return list(dict.fromkeys(lines))


def log_quick_check(nets: Sequence[Net]) -> None:
    """Log what `quick_check` finds in nets that will run, whose sources it opens."""
    sources = sources_of([net.graph for net in nets])
    for source in sources:
        for net in nets:
            layer = dict(net.layers.items()).get(source.name)
            if isinstance(layer, DataLayer) and layer.param == source.param:
                source.layer = layer
                break
    for line in quick_check(sources):
        log.warning("%s", line)


def same_samples(first: DataSource, second: DataSource) -> bool:
    """Whether two data layers read the same samples, whatever their transforms and batches."""
    one, other = first.layer.source, second.layer.source
    if first.param.type != second.param.type or len(one) != len(other) or not len(one):
        return False
    if _what(first) != _what(second):
        return False
    return all(one.name(place) == other.name(place) for place in (0, len(one) // 2, len(one) - 1))


def _what(source: DataSource) -> bytes:
    """The fields of a data layer's message that choose its samples."""
    param = type(source.param)()
    param.CopyFrom(source.param)
    for name in ("name", "top", "phase", "include", "exclude", "transform_param"):
        param.ClearField(name)
    for _, part in param.ListFields():
        for field, value in part.ListFields() if isinstance(part, Message) else ():
            if field.name in _HOW or value == field.default_value:
                part.ClearField(field.name)
    return param.SerializeToString(deterministic=True)


def _of_labels(source: DataSource) -> Iterator[str]:
    samples = source.layer.source
    if not source.outputs or (not samples.labels_are_known and len(samples) > MAX_READ):
        return
    labels = samples.labels()
    if labels is None or not len(labels):
        return
    for classes, layer, ignored in source.outputs:
        counted = labels if ignored is None else labels[labels != ignored]
        wrong = np.flatnonzero((counted < 0) | (counted >= classes))
        if len(wrong):
            label = int(counted[wrong[0]])
            what = f"{len(wrong):,} of {len(counted):,} labels of '{source.name}' ({source.phase})"
            yield f"{what} are not among the {classes} classes of layer '{layer}', such as {label}"
    classes = max(count for count, _, _ in source.outputs)
    counts = np.bincount(labels[(labels >= 0) & (labels < classes)], minlength=classes)
    empty = np.flatnonzero(counts == 0)
    if len(empty) and source.phase == "TRAIN":
        names = ", ".join(source.class_name(int(label)) for label in empty[:_SHOWN])
        more = ", …" if len(empty) > _SHOWN else ""
        what = "1 class has" if len(empty) == 1 else f"{len(empty):,} of {classes:,} classes have"
        yield f"{what} no samples in '{source.name}' ({source.phase}): {names}{more}"
