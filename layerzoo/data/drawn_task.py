"""Base class and registry of the tasks whose samples are drawn by a generator.

To add a task, write a module in `layerzoo.data.drawn` and a test::

    @drawn_task
    class Double(DrawnTask):
        '''Numbers and their doubles.'''

        tops = (Top("number", "", "from 0 to 1"), Top("double", "", "twice the number"))

        def shapes(self):
            return [(), ()]

        def draw(self, rng):
            number = rng.random()
            return number, 2 * number

A field that no other task reads is added to ``DrawnDataParameter``.
"""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import numpy as np

from layerzoo.errors import LayerFault
from layerzoo.registry import Registry
from layerzoo.seeds import stable_seed

FIELD: Final = "drawn_data_param."
WIDTH: Final = 100
"""Characters in a line of a list of words."""
Sample = tuple[Any, ...]
"""What a task draws: a number or an array for each top."""


class Top(NamedTuple):
    """A top of a task.

    Attributes:
        name: its usual name.
        axes: the axes after that of samples, in words; empty for one number a sample.
        meaning: what it holds.
        steps: whether the first of these axes is time, which ``time_first`` puts before that of samples.
    """

    name: str
    axes: str
    meaning: str
    steps: bool = False


class Setting(NamedTuple):
    """A number of a task that a config can change.

    Attributes:
        default: its value where the config gives none.
        low, high: the least and the largest value.
    """

    default: float
    low: float
    high: float


class DrawnTask(ABC):
    """A task whose samples are drawn: each is a function of seed, part and number.

    Args:
        settings: a value for each name in ``fields``, within its bounds.
        seed: seed of what all samples share.

    Attributes:
        tops: the tops, of which a config may name the first ones alone.
        fields: the fields of ``DrawnDataParameter`` that the task reads, besides those of all tasks.
        label: index of the top that holds one class a sample; None without.
        classes: names of the classes, in the order of their numbers.
        words: the tokens that its numbers stand for, from 0; none if they are no words.
        settings: see above.
    """

    tops: ClassVar[tuple[Top, ...]]
    fields: ClassVar[Mapping[str, Setting]] = {}
    label: ClassVar[int | None] = None
    classes: ClassVar[Sequence[str]] = ()
    words: ClassVar[Sequence[str]] = ()

    def __init__(self, settings: Mapping[str, float], seed: int) -> None:
        self.settings = settings
        self._seed = seed
        if "min_length" in settings and settings["min_length"] > settings["length"]:
            least, most = self.integer("min_length"), self.integer("length")
            message = f"min_length is {least}, but length {most}"
            raise LayerFault(message, field=f"{FIELD}min_length", hint="min_length has to be length or less")

    @classmethod
    def name_in_configs(cls) -> str:
        """The name by which configs refer to it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def described(cls) -> str:
        """What `layerzoo explain` shows: the docstring, the tops and the fields."""
        lines = [inspect.getdoc(cls) or "", "", "Tops:"]
        for top in cls.tops:
            axes = f", {top.axes}" if top.axes else ""
            lines.append(f"  {top.name} (batch_size{axes}): {top.meaning}")
        if any(top.steps for top in cls.tops):
            timed = ", ".join(top.name for top in cls.tops if top.steps)
            lines += ["", f"With time_first the axis of steps comes before that of samples in {timed}."]
        if cls.classes:
            lines += ["", f"Classes: {', '.join(cls.classes)}."]
        if cls.words:
            lines += ["", fill(f"Words, from 0: {' '.join(cls.words)}.", WIDTH)]
        if cls.fields:
            lines += ["", "Fields:"]
        for name, (default, low, high) in cls.fields.items():
            lines.append(f"  {name}: {low:.10g} to {high:.10g}, default {default:.10g}")
        return "\n".join(lines)

    @abstractmethod
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each top, for one sample."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Sample:
        """Draw a sample: an array of the shape of each top.

        Args:
            rng: a generator that the sample's seed, part and number alone determine.
        """

    def integer(self, name: str) -> int:
        """A setting that counts something."""
        return int(self.settings[name])

    def shared_rng(self) -> np.random.Generator:
        """A generator for what all samples of a seed share, in every part."""
        return np.random.default_rng(stable_seed(self._seed, self.name_in_configs(), "shared"))

    def drawn_length(self, rng: np.random.Generator) -> int:
        """A length from ``min_length`` to ``length``, each as likely."""
        return int(rng.integers(self.integer("min_length"), self.integer("length") + 1))


TASKS: Registry[DrawnTask] = Registry("task", "layerzoo.data.drawn")

T = TypeVar("T", bound=type[DrawnTask])


def drawn_task(cls: T) -> T:
    """Register a task under its name in configs; for use as a decorator.

    Raises:
        LayerzooError: the name is already registered.
    """
    TASKS.register(cls.name_in_configs(), cls)
    return cls
