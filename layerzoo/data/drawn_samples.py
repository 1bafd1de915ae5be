"""Samples of a task that are drawn as they are read, and the task that a config chooses."""

from __future__ import annotations

from math import prod
from typing import Final

import numpy as np

from layerzoo.data.drawn_task import FIELD, TASKS, DrawnTask
from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Samples
from layerzoo.errors import LayerFault, did_you_mean
from layerzoo.registry import UnknownNameError
from layerzoo.schema import TRAIN, DrawnDataParameter, LayerParameter
from layerzoo.seeds import stable_seed

MAX_NUMBERS: Final = 1 << 31
"""The most numbers of all tops of a batch."""
MAX_COUNT: Final = 100_000_000
"""The most samples of an epoch."""
_EPOCH: Final = 10_000
"""Samples of an epoch in training where no count is given; each epoch draws its own."""
_TESTED: Final = 1_000
"""Samples for testing where no count is given."""
_OF_ALL: Final = ("task", "batch_size", "count", "part", "seed", "time_first")
"""Fields that every task reads."""
Part = DrawnDataParameter.Part


class DrawnSamples(Samples):
    """Samples that are drawn when they are read.

    Args:
        task: draws them.
        count: samples of an epoch.
        endless: whether each epoch has samples of its own.
        key: names the samples, see `layerzoo.seeds.stable_seed`; with a sample's number it gives its seed.
        part: name of the part, for messages.
        time_first: whether axes of steps come before that of samples.
    """

    def __init__(
        self, task: DrawnTask, count: int, endless: bool, key: int, part: str, time_first: bool
    ) -> None:
        self._task, self._count, self._endless = task, count, endless
        self._key, self._part, self._time_first = key, part, time_first

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        """The number of a sample and its part; of an endless source, its place in the epoch."""
        return f"sample {index}{' of an epoch' if self._endless else ''} ({self._part})"

    def labels(self) -> Ints | None:
        """The class of each sample, which are drawn for it; None if there are none, or no end."""
        place = self._task.label
        if place is None or self._endless:
            return None
        return np.array([int(self._draw(number)[place]) for number in range(self._count)], np.int64)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Draw the samples of a batch."""
        drawn = [self._draw(number) for number in (numbers if self._endless else indices).tolist()]
        arrays = [
            np.stack([np.asarray(value, np.float32) for value in top]) for top in zip(*drawn, strict=True)
        ]
        return tuple(
            np.ascontiguousarray(array.swapaxes(0, 1)) if self._time_first and top.steps else array
            for array, top in zip(arrays, self._task.tops, strict=True)
        )

    def _draw(self, number: int) -> tuple[Array, ...]:
        return self._task.draw(np.random.default_rng(stable_seed(self._key, number)))


def is_endless(param: LayerParameter) -> bool:
    """Whether a layer draws new samples in each epoch."""
    return param.phase == TRAIN and not param.drawn_data_param.HasField("count")


def samples_of(param: LayerParameter) -> DrawnSamples:
    """The samples of a DrawnData layer.

    Raises:
        LayerFault: a field is missing or invalid.
    """
    p, endless = param.drawn_data_param, is_endless(param)
    task = task_of(p)
    count = p.count if p.HasField("count") else _EPOCH if endless else _TESTED
    part = (
        p.part
        if p.HasField("part")
        else DrawnDataParameter.TRAIN
        if param.phase == TRAIN
        else DrawnDataParameter.TEST
    )
    named = Part.Name(part)
    return DrawnSamples(task, count, endless, stable_seed(p.seed, p.task, named), named, p.time_first)


def task_class(p: DrawnDataParameter) -> type[DrawnTask]:
    """The class of the task that a config names.

    Raises:
        LayerFault: it is missing or unknown.
    """
    try:
        return TASKS[p.task]
    except UnknownNameError as error:
        message = f"unknown task '{p.task}'" if p.task else "task is missing"
        known = f"known are {', '.join(TASKS)}"
        hint = f"{near} {known}" if (near := did_you_mean(error.near)) else known
        raise LayerFault(message, field=f"{FIELD}task", hint=hint) from None


def task_of(p: DrawnDataParameter) -> DrawnTask:
    """The task that a config describes.

    Raises:
        LayerFault: it is unknown, doesn't read a field that is given, or a number is out of its bounds.
    """
    cls = task_class(p)
    readable = [*cls.fields, *(["time_first"] if any(top.steps for top in cls.tops) else [])]
    for descriptor, value in p.ListFields():
        name = descriptor.name
        if name not in readable and (name not in _OF_ALL or (name == "time_first" and value)):
            hint = f"it reads {', '.join(readable)}" if readable else "remove it"
            raise LayerFault(f"task '{p.task}' has no {name}", field=f"{FIELD}{name}", hint=hint)
    if p.HasField("count") and not 1 <= p.count <= MAX_COUNT:
        message = f"count is {p.count}; it has to be from 1 to {MAX_COUNT:,}"
        raise LayerFault(message, field=f"{FIELD}count", hint="leave count out for samples without end")
    settings: dict[str, float] = {}
    for name, (default, low, high) in cls.fields.items():
        value = getattr(p, name) if p.HasField(name) else default
        if name == "min_length" and not p.HasField(name):
            value = min(value, settings["length"])
        if not low <= value <= high:  # NaN is outside too
            message = f"{name} is {value:.10g}; task '{p.task}' takes {low:.10g} to {high:.10g}"
            raise LayerFault(message, field=f"{FIELD}{name}")
        settings[name] = value
    return cls(settings, p.seed)


def blob_shapes(p: DrawnDataParameter, batch_size: int) -> list[tuple[int, ...]]:
    """The shapes of all tops of a task.

    Raises:
        LayerFault: as `task_of`, or a batch is too large.
    """
    task = task_of(p)
    own = task.shapes()
    numbers = batch_size * sum(prod(shape) for shape in own)
    if numbers > MAX_NUMBERS:
        message = f"{numbers:,} numbers in a batch; at most {MAX_NUMBERS:,}"
        raise LayerFault(message, field=f"{FIELD}batch_size", hint="give a smaller batch_size or length")
    return [
        (shape[0], batch_size, *shape[1:]) if p.time_first and top.steps else (batch_size, *shape)
        for shape, top in zip(own, task.tops, strict=True)
    ]
