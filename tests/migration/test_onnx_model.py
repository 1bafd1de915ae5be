"""Reading ONNX models: shapes, and what is constant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

from layerzoo.migration.onnx_model import OnnxModel
from tests.migration.test_from_onnx import node, some, write


def test_dynamic_axes_become_1_and_shapes_are_inferred(tmp_path: Path) -> None:
    path = write(
        tmp_path / "m.onnx", node("Conv", "x", "w", strides=[2, 2]), (4, 3, 9, 9), w=some(5, 3, 3, 3)
    )
    model = OnnxModel(path)
    assert (model.inputs, model.outputs) == (["x"], ["y"])
    assert model.shapes["x"] == (1, 3, 9, 9)
    assert model.shapes["y"] == (1, 5, 4, 4)
    assert model.shapes["w"] == (5, 3, 3, 3)


def test_what_depends_on_constants_alone_is_computed(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "one"], ["channels"], axis=0),
        helper.make_node("Mul", ["channels", "two"], ["doubled"]),
        helper.make_node("Relu", ["x"], ["y"]),
    ]
    model = OnnxModel(write(tmp_path / "m.onnx", nodes, (1, 3, 2, 2), one=np.array([1]), two=np.array([2])))
    assert [found.op_type for found in model.nodes] == ["Relu"]
    assert model.constant("doubled") == [6]
    assert model.constant("x") is None


def test_attributes_are_python_values(tmp_path: Path) -> None:
    path = write(tmp_path / "m.onnx", node("LeakyRelu", "x", alpha=0.5), (1, 3))
    model = OnnxModel(path)
    assert model.attributes(model.nodes[0]) == {"alpha": 0.5}
    made = helper.make_node("Conv", ["x"], ["y"], auto_pad="VALID", strides=[2, 1])
    assert model.attributes(made) == {"auto_pad": "VALID", "strides": [2, 1]}
