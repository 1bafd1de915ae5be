"""Inference engines that run a net as an ONNX file, on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from layerzoo.errors import ExportError, MissingExtraError

Compute = Callable[[Tensor], dict[str, Tensor]]
"""Computes the outputs of a net, by name, of a batch for its input."""

_Array = NDArray[np.float32]
_Opened = tuple[Callable[[_Array], Sequence[_Array]], int | None]


def check_engine(name: str) -> None:
    """Check that an engine is installed.

    Raises:
        MissingExtraError: it isn't.
    """
    if find_spec(name) is None:
        raise MissingExtraError(f"the engine {name}", name)


def open_engine(name: str, path: Path, outputs: Sequence[str]) -> Compute:
    """Open an ONNX file of one input, with torch's number of threads.

    Args:
        name: a name of `ENGINES`.
        path: the file.
        outputs: names of its outputs.

    Returns:
        computes its outputs; batches of any size are accepted, also if the file has a fixed one.

    Raises:
        MissingExtraError: the engine is not installed.
        ExportError: the engine can't read the file, or it hasn't got these outputs.
    """
    check_engine(name)
    try:
        run, fixed = ENGINES[name](path, list(outputs))
    except Exception as error:  # the engines' exceptions have no common base
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ExportError(f"{name} can't run {path}: {lines[0]}") from None

    def compute(x: Tensor) -> dict[str, Tensor]:
        given = x.detach().cpu().contiguous().numpy()
        made = run(given) if fixed in {None, len(given)} else _by_parts(run, given, fixed or 1)
        return {name: torch.from_numpy(array) for name, array in zip(outputs, made, strict=True)}

    return compute


def _by_parts(run: Callable[[_Array], Sequence[_Array]], given: _Array, size: int) -> list[_Array]:
    """Run a batch in batches of a size; the last is filled up with zeros."""
    parts: list[list[_Array]] = []
    for begin in range(0, len(given), size):
        part = given[begin : begin + size]
        filling = np.zeros((size - len(part), *given.shape[1:]), given.dtype)
        parts.append([array[: len(part)] for array in run(np.concatenate([part, filling]))])
    return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]


def _check_outputs(wanted: Sequence[str], present: set[str]) -> None:
    missing = sorted(set(wanted) - present)
    if missing:
        raise ValueError(f"it has no output {', '.join(missing)}")


def _onnxruntime(path: Path, outputs: list[str]) -> _Opened:
    import onnxruntime  # type: ignore[import-untyped]  # it has no types

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    _check_outputs(outputs, {output.name for output in session.get_outputs()})
    (given,) = session.get_inputs()
    size = given.shape[0] if given.shape else None
    return lambda x: session.run(outputs, {given.name: x}), size if isinstance(size, int) else None


def _openvino(path: Path, outputs: list[str]) -> _Opened:
    import openvino

    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    net = openvino.Core().compile_model(str(path), "CPU", settings)
    (given,) = net.inputs
    _check_outputs(outputs, {name for port in net.outputs for name in port.get_names()})
    ports = [net.output(name) for name in outputs]
    axes = given.partial_shape
    size = axes[0].get_length() if len(axes) and axes[0].is_static else None

    def run(x: _Array) -> list[_Array]:
        made = net(x)
        return [made[port].copy() for port in ports]  # the engine writes the next outputs to the same memory

    return run, size


ENGINES: Final[dict[str, Callable[[Path, list[str]], _Opened]]] = {
    "onnxruntime": _onnxruntime,
    "openvino": _openvino,
}
