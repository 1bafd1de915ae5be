"""The task ``waves``: windows of signals of sensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task

Signal = NDArray[np.float64]


@drawn_task
class Waves(DrawnTask):
    """Tell the forms of waves apart in a window of a sensor with several channels.

    All channels have one form and one frequency, from 2 to 6 periods a window; each has a phase, an amplitude
    from 0.5 to 1.5, a sign and an offset of its own, and normal noise of standard deviation ``noise``. A
    chirp goes from its frequency to its double.
    """

    tops: ClassVar = (
        Top("signal", "width, length", "the samples of each channel"),
        Top("label", "", "the class of the form"),
    )
    fields: ClassVar = {
        "length": Setting(64, 16, 100_000),
        "width": Setting(3, 1, 1_000),
        "noise": Setting(0.2, 0, 100),
    }
    label = 1
    classes: ClassVar = ("sine", "square", "sawtooth", "triangle", "chirp", "pulses")

    def shapes(self) -> list[tuple[int, ...]]:
        return [(self.integer("width"), self.integer("length")), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        width, length = self.integer("width"), self.integer("length")
        label = int(rng.integers(len(FORMS)))
        time, periods = np.arange(length) / length, rng.uniform(2, 6)
        if label == self.classes.index("chirp"):
            periods /= 1.5  # as many periods on average
            time = time + time**2 / 2
        turns = periods * time + rng.random((width, 1))
        amplitude = rng.uniform(0.5, 1.5, (width, 1)) * rng.choice([-1.0, 1.0], (width, 1))
        signal = amplitude * FORMS[label](turns % 1) + rng.normal(0, 0.3, (width, 1))
        return signal + rng.normal(0, self.settings["noise"], signal.shape), label


def _sine(turn: Signal) -> Signal:
    return np.asarray(np.sin(2 * np.pi * turn))


def _square(turn: Signal) -> Signal:
    return np.where(turn < 0.5, 1.0, -1.0)


def _sawtooth(turn: Signal) -> Signal:
    return 2 * turn - 1


def _triangle(turn: Signal) -> Signal:
    return np.asarray(4 * np.abs(turn - 0.5) - 1)


def _pulses(turn: Signal) -> Signal:
    return np.where(turn < _PULSE, 2 - 2 * _PULSE, -2 * _PULSE)


_PULSE: Final = 0.15
"""The share of a period that a pulse takes; its mean is 0."""
FORMS: Final[tuple[Callable[[Signal], Signal], ...]] = (_sine, _square, _sawtooth, _triangle, _sine, _pulses)
"""The form of each class over a period, from its place in the period, 0 to 1; their means are 0."""
