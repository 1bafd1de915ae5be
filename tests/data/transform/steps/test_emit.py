"""The step that says which boxes stay."""

from __future__ import annotations

import numpy as np

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.data.transform.steps.emit import Emit
from layerzoo.schema import TEST, EmitConstraint, TransformationParameter


def test_emit_reaches_the_boxes_before_they_are_cut() -> None:
    edges = np.array([[0.0, 0.0, 0.4, 1.0], [0.4, 0.0, 0.6, 1.0]], np.float32)
    image = np.zeros((1, 10, 10), np.uint8)

    def kept(*steps: Emit) -> list[float]:
        found = Boxes(edges, np.array([[1, 0, 0], [2, 0, 0]], np.float32))
        Pipeline(*steps, Crop(10, 4, random=False))([image], np.arange(1), boxes=[found])
        return found.rows[:, 0].tolist()

    assert kept() == [1, 2]
    assert kept(Emit(EmitConstraint(emit_type="CENTER"))) == [2]


def test_of_needs_the_field() -> None:
    assert Emit.of(TransformationParameter(), TEST) is None
    assert Emit.of(TransformationParameter(emit_constraint={}), TEST) is not None
