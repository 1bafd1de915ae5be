"""Export nets to standalone Python source: a readable ``nn.Module``, and a file with its weights."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.blobs.safetensors_file import write_tensors
from layerzoo.errors import ExportError
from layerzoo.export.comparing import Positional, samples
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import Layer, with_params
from layerzoo.layer.facts import LayerFacts
from layerzoo.net import Net
from layerzoo.net.layers import ModuleLayer
from layerzoo.python_source import Operands, PythonSource
from layerzoo.version import __version__

_TAKEN = frozenset({"self", "torch", "nn", "F", "Tensor", "Path", "load", "load_file"})

_SOURCE = '''\
"""{title}: written by Layerzoo {version}.

    net = load()
    outputs = net({arguments})

{shapes}
Any batch size works. Requires torch and safetensors; {weights} holds the weights.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
{helpers}

class {name}(nn.Module):
    """{title}, for deployment."""

    def __init__(self) -> None:
        super().__init__()
{members}

    def forward(self, {parameters}) -> dict[str, Tensor]:
{steps}
        return {{{returned}}}


def load(weights: str | Path = Path(__file__).with_name("{weights}")) -> {name}:
    """Load the net with its weights, in evaluation mode."""
    net = {name}()
    net.load_state_dict(load_file(weights))
    return net.eval()
'''


def export_python(net: Net, path: Path, inputs: Mapping[str, Tensor] | None = None) -> float:
    """Write a net as Python source and its weights as ``.safetensors``, run it and compare the outputs.

    Args:
        net: a TEST net with inputs in place of data layers.
        path: path of the ``.py`` file; the weights get the same name with another suffix.
        inputs: inputs for the comparison, by blob; noise by default.

    Returns:
        the largest deviation of an output, relative to its largest value.

    Raises:
        ExportError: the net can't be exported, or the outputs differ; nothing is written.
        OSError: a file can't be written.
    """
    if not re.fullmatch(r"\w[\w.-]*\.py", path.name, re.ASCII):
        raise ExportError(
            f"{path}: invalid file name; use letters, digits, '_', '.' and '-', and the suffix .py"
        )
    wrapped, given = Positional(net), samples(net, inputs)
    weights = path.with_suffix(".safetensors")
    source, tensors = python_source(net, weights.name)
    with torch.no_grad():
        outputs = _run(source, path, tensors, given)
        worst = wrapped.compare(given, outputs, "Python source")
    with atomic_path(weights) as part:
        write_tensors(part, tensors)
    write_atomic(path, source)
    return worst


def python_source(net: Net, weights: str) -> tuple[str, dict[str, Tensor]]:
    """Generate the source of a net and the tensors of its state dict.

    Args:
        net: a TEST net.
        weights: name of the weights file that the source loads.

    Raises:
        ExportError: the net has layers without Python source.
    """
    graph = net.graph
    replaced = [layer.name for layer in net.ordered_layers() if isinstance(layer, ModuleLayer)]
    if replaced:
        raise ExportError(
            f"these layers were replaced by modules: {', '.join(replaced)}; they can't be written as Python; "
            "use onnx or torch_export"
        )
    layers = [
        (spec, layer)
        for spec, layer in zip(graph.layers, net.ordered_layers(), strict=True)
        if not spec.kind.is_input
    ]
    unknown = sorted({spec.kind.type_name for spec, layer in layers if not _can_be_written(layer)})
    if unknown:
        raise ExportError(f"these layer types can't be written as Python: {', '.join(unknown)}; use onnx")
    names = _variables(graph, _TAKEN)
    lines = _lines(graph, layers, names)
    reserved = _TAKEN.union(lines.helpers)
    if not reserved.isdisjoint(names.values()):  # a blob has the name of a function that layers call
        names = _variables(graph, reserved)
        lines = _lines(graph, layers, names)
    arguments = [names[blob.name] for blob in graph.inputs]
    shapes = [f"{names[name]}: {' x '.join(map(str, shape))}" for name, shape in graph.input_shapes().items()]
    source = _SOURCE.format(
        title=re.sub(r"[^\w .,()-]", "", net.name or "A net", flags=re.ASCII),
        version=__version__,
        name=_class_name(net, lines.helpers),
        arguments=", ".join(arguments),
        parameters=", ".join(f"{name}: Tensor" for name in arguments),
        shapes="\n".join(shapes),
        weights=weights,
        helpers="".join(f"\n\n{text.strip()}\n" for text in lines.helpers.values()),
        members="\n".join(f"        {line}" for line in lines.members) or "        pass",
        steps="\n".join(f"        {line}" for line in lines.steps) or "        pass",
        returned=", ".join(f"{json.dumps(blob.name)}: {names[blob.name]}" for blob in graph.outputs),
    )
    return source, {key: tensor.detach().cpu() for key, tensor in lines.tensors.items()}


def _variables(graph: Graph, reserved: Iterable[str]) -> dict[str, str]:
    """The variable of each blob, by the blob's name."""
    taken, names = set(reserved), dict[str, str]()
    for blob in graph.blobs:
        if blob.name not in names:
            names[blob.name] = _identifier(blob.name, taken, "x")
    return names


def _lines(
    graph: Graph, layers: Sequence[tuple[GraphLayer, LayerFacts]], names: Mapping[str, str]
) -> PythonSource:
    """The source of the layers, with these variables."""
    taken = set(_TAKEN) | set(dir(torch.nn.Module))
    members = [_identifier(spec.name, taken, "layer") for spec, _ in layers]
    lines = PythonSource(taken=taken)
    for (spec, layer), lines.member in zip(layers, members, strict=True):
        bottoms = [names[graph.blobs[b].name] for b in spec.own_bottoms]
        operands = Operands(bottoms, graph.shapes(spec.own_bottoms), graph.shapes(spec.tops))
        given = [names[graph.blobs[b].name] for b in spec.bottoms[len(bottoms) :]]
        expression = _with_blobs(layer, lines, operands, given) if given else layer.as_python(lines, operands)
        tops = ", ".join(names[graph.blobs[top].name] for top in spec.tops)
        if tops and expression != tops:
            lines.steps.append(f"{tops} = {expression}")
    return lines


def _with_blobs(layer: LayerFacts, lines: PythonSource, operands: Operands, given: Sequence[str]) -> str:
    """The expression of a layer that computes with blobs in place of params.

    Raises:
        ExportError: the layer computes something else of its param than its tops.
    """
    assert isinstance(layer, Layer)
    lines.blobs = {
        name: torch.zeros(own.shape) for name, (own, _) in zip(given, layer.blob_params, strict=True)
    }
    with with_params(layer, list(lines.blobs.values())):
        expression = layer.as_python(lines, operands)
    if lines.blobs:
        raise ExportError(
            f"layer '{layer.name}' can't be written as Python with blob {', '.join(lines.blobs)} as its "
            "param; use onnx or torch_export"
        )
    return expression


def _can_be_written(layer: LayerFacts) -> bool:
    return type(layer).as_python is not LayerFacts.as_python


def _run(source: str, path: Path, tensors: Mapping[str, Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    """Execute the source and return the outputs of its net."""
    module: dict[str, Any] = {"__name__": "exported", "__file__": str(path)}
    try:
        exec(compile(source, path.name, "exec"), module)
        exported = next(cls() for cls in module.values() if _is_net(cls))
        exported.load_state_dict(tensors)
        return list(exported.eval()(*inputs).values())
    except Exception as error:  # not the user's fault, whatever the type
        raise ExportError(f"the generated Python source fails: {error}; nothing was written") from error


def _is_net(value: object) -> bool:
    """Whether a value of the executed source is the class of the net."""
    return isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == "exported"


def _class_name(net: Net, helpers: Iterable[str]) -> str:
    return _identifier(net.name or "Net", {*_TAKEN, *helpers, *dir(builtins)}, "Net")


def _identifier(name: str, taken: set[str], fallback: str) -> str:
    """Make a unique Python identifier of a name; names from configs never enter the source unescaped."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or fallback
    if plain[0].isdigit() or iskeyword(plain):
        plain = f"{fallback}_{plain}"
    unique, number = plain, 2
    while unique in taken:
        unique, number = f"{plain}_{number}", number + 1
    taken.add(unique)
    return unique
