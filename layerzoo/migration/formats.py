"""The formats that a net is written in, and how each is checked against the net itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import torch
from torch import Tensor

from layerzoo.errors import LayerzooError
from layerzoo.export import export_onnx, export_python, export_torch
from layerzoo.export.comparing import compare
from layerzoo.net import Net
from layerzoo.weights import load

Inputs = Mapping[str, Tensor]


@dataclass(frozen=True)
class Outcome:
    """What became of one format.

    Attributes:
        format: its name, a key of `FORMATS`.
        files: names of the files written; none if it can't be written.
        deviation: the largest deviation of an output, relative to its largest value; None if not written.
        why: the reason why it can't be written.
    """

    format: str
    files: tuple[str, ...] = ()
    deviation: float | None = None
    why: str = ""


class Format(NamedTuple):
    """One format.

    Attributes:
        suffix: of the file.
        write: writes a net to a path, reads the file again, and returns the largest relative deviation of its
            outputs from those of the net, for these inputs.
        beside: suffix of a second file; empty if there is none.
        about: who reads it.
    """

    suffix: str
    write: Callable[[Net, Path, Inputs], float]
    beside: str = ""
    about: str = ""


def write_weights(net: Net, path: Path, inputs: Inputs) -> float:
    """Write the weights in the format of the suffix, load them into a second net, and compare the outputs."""
    net.save_weights(path)
    try:
        again = Net(net.graph)
        load(again.weights, path)
        with torch.no_grad():
            return compare(
                list(net(**inputs).values()), list(again(**inputs).values()), net.outputs, path.name
            )
    except LayerzooError:
        path.unlink(missing_ok=True)
        raise


FORMATS: Final[dict[str, Format]] = {
    "onnx": Format(".onnx", export_onnx, about="onnxruntime, OpenVINO, TensorRT, OpenCV 5 and others"),
    "torch_export": Format(".pt2", export_torch, about="torch.export.load, without Layerzoo"),
    "python": Format(".py", export_python, ".safetensors", "plain torch: a module to read and change"),
    "caffemodel": Format(".caffemodel", write_weights, about="Caffe and Layerzoo, with the .prototxt"),
}
"""The formats by name. The weights beside the Python module are those of the format safetensors."""


def write_formats(
    net: Net, folder: Path, name: str, inputs: Inputs, formats: tuple[str, ...]
) -> list[Outcome]:
    """Write a net in several formats; one that can't be written doesn't prevent the others.

    Args:
        net: a TEST net with inputs in place of data layers.
        folder: the folder to write to.
        name: name of the files, without suffix; a Python identifier.
        inputs: inputs for the comparison, by blob.
        formats: keys of `FORMATS`.

    Raises:
        OSError: the folder can't be written to.
    """
    outcomes = []
    for key in formats:
        form = FORMATS[key]
        path = folder / f"{name}{form.suffix}"
        try:
            deviation = form.write(net, path, inputs)
        except LayerzooError as error:
            outcomes.append(Outcome(key, why=str(error)))
            continue
        files = (path.name, *((f"{name}{form.beside}",) if form.beside else ()))
        outcomes.append(Outcome(key, files, deviation))
    return outcomes
