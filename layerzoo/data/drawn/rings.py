"""The task ``rings``: a mixture of normal distributions on circles."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task


@drawn_task
class Rings(DrawnTask):
    """Points of the plane around centres that are evenly spaced on circles of radius 1, 2 and so on.

    Each of ``rings`` circles has ``modes`` centres, the first at angle 0; all centres are as likely. Points
    are normally distributed around theirs, with standard deviation ``noise`` along each axis. Generators are
    judged by how many centres they reach.
    """

    tops: ClassVar = (
        Top("point", "2", "x and y"),
        Top("label", "", "the number of the centre: circle by circle from the innermost, by angle"),
    )
    fields: ClassVar = {
        "modes": Setting(8, 1, 1_000),
        "rings": Setting(1, 1, 100),
        "noise": Setting(0.05, 0, 100),
    }
    label = 1

    def shapes(self) -> list[tuple[int, ...]]:
        return [(2,), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        modes = self.integer("modes")
        label = int(rng.integers(modes * self.integer("rings")))
        radius, angle = 1 + label // modes, 2 * np.pi * (label % modes) / modes
        centre = np.array([radius * np.cos(angle), radius * np.sin(angle)])
        return centre + rng.normal(0, self.settings["noise"], 2), label
