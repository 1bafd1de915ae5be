"""Read an ONNX model: its nodes, shapes, and what is constant in it.

The file is untrusted: data outside of it is refused, and declared sizes are checked against its bytes by the
onnx package. What depends on constants and shapes alone, as an exporter writes it for a reshape, is computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import ConfigError, Fault, MissingExtraError
from layerzoo.regular_file import read_bytes

MAX_BYTES: Final = 2 << 30
"""The most bytes of a file; protobuf reads no larger ones."""
_MOST_FOLDED: Final = 1 << 20
"""The most values of a constant that is computed."""
_FOLDED: Final = frozenset(
    (
        "Shape",
        "Gather",
        "Concat",
        "Unsqueeze",
        "Squeeze",
        "Slice",
        "Cast",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Range",
        "ConstantOfShape",
        "Reshape",
        "Size",
        "Floor",
        "Ceil",
        "Expand",
        "Identity",
        "Where",
        "Equal",
    )
)
"""Nodes that are computed where all their inputs are constant."""


Array = NDArray[Any]


class OnnxModel:
    """A model with fixed shapes; a dynamic axis is 1.

    Attributes:
        nodes: the nodes that compute something, in order; those of constants are left out.
        constants: arrays by name: weights, and what was computed of constants and shapes.
        shapes: the shape of each value that is known.
        inputs: names of the inputs.
        outputs: names of the outputs.
    """

    def __init__(self, path: Path) -> None:
        self._onnx = _onnx()
        model = self._parse(path)
        self.path = path
        graph = model.graph
        self.constants: dict[str, Array] = {}
        for tensor in graph.initializer:
            self.constants[tensor.name] = self._array(tensor)
        self.inputs = [value.name for value in graph.input if value.name not in self.constants]
        self.outputs = [value.name for value in graph.output]
        self.shapes = self._shapes(model)
        self.nodes: list[Any] = []
        for node in graph.node:
            if not self._fold(node):
                self.nodes.append(node)

    def constant(self, name: str) -> Array | None:
        """The array of a constant; None if the name is that of a blob, or empty."""
        return self.constants.get(name)

    def attributes(self, node: Any) -> dict[str, Any]:
        """The attributes of a node, as Python values; texts as str."""
        values = {a.name: self._onnx.helper.get_attribute_value(a) for a in node.attribute}
        return {key: value.decode() if isinstance(value, bytes) else value for key, value in values.items()}

    def _parse(self, path: Path) -> Any:
        try:
            model = self._onnx.ModelProto.FromString(read_bytes(path, MAX_BYTES))
        except OSError:
            raise
        except Exception as error:  # protobuf raises a type of its own
            raise fault(path, f"not an ONNX model: {error}") from None
        if not model.HasField("graph") or not model.graph.node:
            raise fault(path, "not an ONNX model, or one without nodes")
        for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
            for dim in value.type.tensor_type.shape.dim:
                if not dim.HasField("dim_value"):
                    dim.dim_value = 1
        return model

    def _array(self, tensor: Any) -> Array:
        if tensor.data_location == tensor.EXTERNAL:
            message = f"tensor '{tensor.name}' is in another file"
            hint = "save the model in one file: onnx.save_model(model, path, save_as_external_data=False)"
            raise fault(self.path, message, hint)
        try:
            array: Array = self._onnx.numpy_helper.to_array(tensor)
        except Exception as error:
            raise fault(self.path, f"tensor '{tensor.name}' is damaged: {error}") from None
        return array

    def _shapes(self, model: Any) -> dict[str, tuple[int, ...]]:
        try:
            inferred = self._onnx.shape_inference.infer_shapes(model, data_prop=True).graph
        except Exception as error:
            raise fault(self.path, f"its shapes can't be inferred: {error}") from None
        shapes = {name: array.shape for name, array in self.constants.items()}
        for value in (*inferred.input, *inferred.value_info, *inferred.output):
            kind = value.type.tensor_type
            if kind.HasField("shape"):
                shapes[value.name] = tuple(dim.dim_value or 1 for dim in kind.shape.dim)
        return shapes

    def _fold(self, node: Any) -> bool:
        """Compute a node that depends on constants and shapes alone; returns whether it was one."""
        if node.op_type == "Constant":
            (value,) = (self._onnx.helper.get_attribute_value(a) for a in node.attribute)
            array = self._array(value) if hasattr(value, "data_type") else np.asarray(value)
            self.constants[node.output[0]] = array
            return True
        if node.op_type == "Shape" and node.input[0] in self.shapes:
            attributes = self.attributes(node)
            shape = self.shapes[node.input[0]][attributes.get("start", 0) : attributes.get("end")]
            self.constants[node.output[0]] = np.array(shape, np.int64)
            return True
        if node.op_type == "CastLike" and node.input[0] in self.constants:
            self.constants[node.output[0]] = self.constants[node.input[0]].astype(np.float32)
            return True
        given = [name for name in node.input if name]
        if node.op_type not in _FOLDED or any(name not in self.constants for name in given) or not given:
            return False
        if sum(self.constants[name].size for name in given) > _MOST_FOLDED:
            return False
        try:
            run = self._onnx.reference.ReferenceEvaluator(node)
            found = run.run(None, {name: self.constants[name] for name in given})
        except Exception:  # what the reference can't compute stays a node
            return False
        self.constants.update(zip(node.output, map(np.asarray, found), strict=False))
        return True


def fault(path: Path, message: str, hint: str | None = None) -> ConfigError:
    """An error of a model."""
    return ConfigError([Fault(f"{path}: {message}", hint=hint)])


def _onnx() -> Any:
    try:
        import onnx
        import onnx.reference
    except ImportError:
        raise MissingExtraError("reading ONNX", "onnx") from None
    return onnx
