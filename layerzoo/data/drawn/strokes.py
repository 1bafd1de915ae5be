"""The task ``strokes``: characters as paths of a pen."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task

Path = NDArray[np.float64]
_SPACING: Final = 0.2
"""The mean distance of two points of a path, as a share of a character's height."""
_SLOWEST: Final = 0.8
"""The least distance, as a share of the mean."""


def _arc(x: float, y: float, wide: float, high: float, start: float, end: float) -> list[tuple[float, float]]:
    """Points of an ellipse around (x, y), between two angles in turns, against the clock from the right."""
    angles = 2 * np.pi * np.linspace(start, end, 17)
    return [(x + wide * float(np.cos(a)), y + high * float(np.sin(a))) for a in angles]


CHARACTERS: Final[dict[str, list[list[tuple[float, float]]]]] = {
    "0": [_arc(0.3, 0.5, 0.3, 0.5, 0.25, 1.25)],
    "1": [[(0.1, 0.75), (0.35, 1), (0.35, 0)]],
    "2": [[*_arc(0.3, 0.72, 0.3, 0.28, 0.45, -0.1), (0, 0), (0.6, 0)]],
    "3": [[*_arc(0.3, 0.76, 0.27, 0.24, 0.4, -0.25), *_arc(0.3, 0.26, 0.3, 0.26, 0.25, -0.4)]],
    "4": [[(0.4, 1), (0, 0.35), (0.6, 0.35)], [(0.45, 0.7), (0.45, 0)]],
    "5": [[(0.1, 1), (0.05, 0.55), *_arc(0.3, 0.32, 0.3, 0.32, 0.3, -0.4)], [(0.1, 1), (0.55, 1)]],
    "6": [[(0.5, 1), (0.15, 0.65), *_arc(0.3, 0.27, 0.3, 0.27, 0.5, 1.5)]],
    "7": [[(0, 1), (0.6, 1), (0.2, 0)]],
    "8": [[*_arc(0.3, 0.75, 0.25, 0.25, 0.75, -0.25), *_arc(0.3, 0.25, 0.3, 0.25, 0.25, 1.25)]],
    "9": [[*_arc(0.3, 0.72, 0.28, 0.28, 0, 1), (0.58, 0.72), (0.5, 0)]],
    "A": [[(0, 0), (0.3, 1), (0.6, 0)], [(0.12, 0.4), (0.48, 0.4)]],
    "C": [_arc(0.35, 0.5, 0.35, 0.5, 0.1, 0.9)],
    "E": [[(0.5, 1), (0, 1), (0, 0), (0.5, 0)], [(0, 0.5), (0.4, 0.5)]],
    "F": [[(0.5, 1), (0, 1), (0, 0)], [(0, 0.5), (0.4, 0.5)]],
    "H": [[(0, 1), (0, 0)], [(0.6, 1), (0.6, 0)], [(0, 0.5), (0.6, 0.5)]],
    "K": [[(0, 1), (0, 0)], [(0.5, 1), (0, 0.45), (0.55, 0)]],
    "L": [[(0, 1), (0, 0), (0.5, 0)]],
    "N": [[(0, 0), (0, 1), (0.6, 0), (0.6, 1)]],
    "T": [[(0, 1), (0.6, 1)], [(0.3, 1), (0.3, 0)]],
    "V": [[(0, 1), (0.3, 0), (0.6, 1)]],
}
"""The strokes of each character, as corners; y counts upwards, and its height is 1."""


@drawn_task
class Strokes(DrawnTask):
    """Read the characters that a pen writes, without knowing which step belongs to which (for CTC).

    A text has from ``min_length`` to ``length`` characters, each any of the first ``symbols`` ones. Each is
    stretched, slanted and turned a little, written at a speed of its own, and each point is moved by normal
    noise of standard deviation ``noise``, as a share of a character's height. Labels end with -1, as CTCLoss
    reads them; the blank is a further class.
    """

    tops: ClassVar = (
        Top("pen", "steps, 3", "the move from the last point, right and up, and 1 if it draws", steps=True),
        Top("cont", "steps", "0 at the first step and after the last one, else 1", steps=True),
        Top("labels", "length", "the classes of the characters, then -1", steps=True),
        Top("steps", "", "steps until the end"),
    )
    fields: ClassVar = {
        "length": Setting(4, 1, 1_000),
        "min_length": Setting(1, 1, 1_000),
        "symbols": Setting(10, 1, len(CHARACTERS)),
        "noise": Setting(0.02, 0, 10),
    }
    classes: ClassVar = tuple(CHARACTERS)

    def shapes(self) -> list[tuple[int, ...]]:
        length = self.integer("length")
        steps = length * self._most_steps
        return [(steps, 3), (steps,), (length,), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        pen, cont, labels, _ = (np.zeros(shape) for shape in self.shapes())
        labels -= 1
        count = self.drawn_length(rng)
        labels[:count] = rng.integers(0, self.integer("symbols"), count)
        points, draws, left = [], [], 0.0
        for label in labels[:count].astype(int):
            path, drawing = _steps(self.classes[label], rng.uniform(_SLOWEST, 2 - _SLOWEST))
            path = path @ _distortion(rng) + [left, 0]
            left = float(path[:, 0].max()) + rng.uniform(0.15, 0.35)
            points.append(path)
            draws.append(drawing)
        path = np.concatenate(points)
        path += rng.normal(0, self.settings["noise"], path.shape)
        pen[: len(path), :2] = np.diff(path, axis=0, prepend=path[:1])
        pen[: len(path), 2] = np.concatenate(draws)
        cont[1 : len(path)] = 1
        return pen, cont, labels, len(path)

    @cached_property
    def _most_steps(self) -> int:
        return max(len(_steps(name, _SLOWEST)[0]) for name in self.classes[: self.integer("symbols")])


def _steps(character: str, speed: float) -> tuple[Path, Path]:
    """The points of a character, and whether the pen draws on its way to each.

    Args:
        character: its name.
        speed: the distance of two points, as a share of the mean.
    """
    points, drawing = [], []
    for stroke in CHARACTERS[character]:
        corners = np.array(stroke)
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
        count = max(2, int(np.ceil(along[-1] / (_SPACING * speed))) + 1)
        places = np.linspace(0, along[-1], count)
        points.append(np.stack([np.interp(places, along, axis) for axis in corners.T], 1))
        drawing.append(np.arange(count) > 0)
    return np.concatenate(points), np.concatenate(drawing).astype(float)


def _distortion(rng: np.random.Generator) -> Path:
    """A matrix that stretches by up to a fifth, slants by up to 0.2 and turns by up to 0.1."""
    wide, high = rng.uniform(0.8, 1.2, 2)
    slant, turn = rng.uniform(-0.2, 0.2), rng.uniform(-0.1, 0.1)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(np.array([[wide, 0], [slant, high]]) @ turned)
