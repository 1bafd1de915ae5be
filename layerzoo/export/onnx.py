"""Export nets to ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from layerzoo.atomic import atomic_path
from layerzoo.errors import ExportError, MissingExtraError
from layerzoo.export.comparing import Positional, samples
from layerzoo.export.onnx_operators import translations
from layerzoo.export.torch_program import program_of, quietly
from layerzoo.functional import onnx_operators
from layerzoo.net import Net


def export_onnx(net: Net, path: Path, inputs: Mapping[str, Tensor] | None = None) -> float:
    """Write a net as ONNX, run it with onnxruntime and compare the outputs.

    Args:
        net: a TEST net with inputs in place of data layers.
        path: path of the file.
        inputs: inputs for the comparison, by blob; noise by default.

    Returns:
        the largest deviation of an output, relative to its largest value.

    Raises:
        MissingExtraError: onnx, onnxscript or onnxruntime is not installed.
        ExportError: the net can't be exported, or the outputs differ; nothing is written.
        OSError: the file can't be written.
    """
    try:
        import onnxruntime  # type: ignore[import-untyped]  # noqa: F401 (it has no types)
        import onnxscript  # noqa: F401 (torch's exporter needs it)
    except ImportError:
        raise MissingExtraError("export to ONNX", "onnx") from None
    wrapped, given = Positional(net), samples(net, inputs)
    with quietly():
        try:
            with onnx_operators.tracing():
                program = program_of(wrapped, given)
            written = torch.onnx.export(
                program,
                dynamo=True,
                custom_translation_table=translations(),
                verbose=False,
                input_names=wrapped.inputs,
                output_names=wrapped.outputs,
            )
        except ExportError:
            raise
        except Exception as error:  # the exporter raises many types
            raise ExportError(f"torch can't export this net to ONNX: {_first_line(error)}") from error
    assert written is not None
    _rename_inner(written, {*wrapped.inputs, *wrapped.outputs})
    with atomic_path(path) as part:
        written.save(str(part))
        outputs = run_onnx(part, dict(zip(wrapped.inputs, given, strict=True)), wrapped.outputs)
        return wrapped.compare(given, outputs, "ONNX file")


def run_onnx(path: Path, inputs: Mapping[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
    """Run an ONNX file with onnxruntime, on the CPU.

    Args:
        path: the file.
        inputs: inputs by name.
        outputs: names of the outputs.

    Returns:
        the outputs, in this order.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        ExportError: onnxruntime can't run the file.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("running ONNX", "onnx") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base
        raise ExportError(f"onnxruntime can't run it: {_first_line(error)}") from None
    arrays = session.run(list(outputs), {name: tensor.numpy() for name, tensor in inputs.items()})
    return [torch.from_numpy(array) for array in arrays]


def _rename_inner(written: torch.onnx.ONNXProgram, taken: set[str]) -> None:
    """Give other names to inner values that torch has called like a blob, e.g. "sigmoid"."""
    graph = written.model.graph
    ends = {id(value) for value in (*graph.inputs, *graph.outputs)}
    for node in graph:
        for value in node.outputs:
            if value.name in taken and id(value) not in ends:
                value.name = f"{value.name}/inner"


def _first_line(error: Exception) -> str:
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
