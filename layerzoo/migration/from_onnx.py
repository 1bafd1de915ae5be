"""Make a net and its weights of an ONNX model, and compare them with it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import torch

from layerzoo.atomic import write_atomic
from layerzoo.errors import ConfigError, Fault
from layerzoo.export.comparing import compare, samples
from layerzoo.export.onnx import run_onnx
from layerzoo.loader import emit
from layerzoo.migration.importer import Importer, NotSaid
from layerzoo.migration.onnx_layers import OPERATIONS
from layerzoo.migration.onnx_model import OnnxModel, fault
from layerzoo.net import Net

_MOST_FAULTS = 20


def from_onnx(path: Path, net: Path, weights: Path) -> float:
    """Write an ONNX model as a config and a weights file.

    Args:
        path: the model; a dynamic axis becomes 1.
        net: the config to write, ``.prototxt`` or ``.yaml``.
        weights: the weights file to write: ``.caffemodel``, ``.safetensors`` or ``.h5``.

    Returns:
        the largest deviation of an output from that of the model, relative to its largest value.

    Raises:
        ConfigError: the file is no ONNX model, or has nodes that can't be said in layers; all are named.
        ExportError: the outputs differ; nothing is written.
        MissingExtraError: onnx or onnxruntime is not installed.
        OSError: a file can't be read or written.
    """
    model = OnnxModel(path)
    made = layers_of(model, path.stem)
    built = Net(made.message, "TEST")
    _fill(built, made, path)
    inputs = samples(built)
    with torch.no_grad():
        found = built(*inputs)
    outputs = [found[made.blob(name)] for name in model.outputs if made.blob(name) in found]
    names = [name for name in model.outputs if made.blob(name) in found]
    wanted = run_onnx(path, dict(zip(model.inputs, inputs, strict=True)), names)
    worst = compare(wanted, outputs, names, "net")
    text = emit(made.message, "yaml" if net.suffix in {".yaml", ".yml"} else "prototxt")
    built.save_weights(weights)
    write_atomic(net, text)
    return worst


def layers_of(model: OnnxModel, name: str) -> Importer:
    """The layers of a model, with their weights.

    Raises:
        ConfigError: it has nodes that can't be said in layers; all are named.
    """
    made = Importer(model, name)
    reasons: Counter[str] = Counter()
    for node in model.nodes:
        read = OPERATIONS.get(node.op_type)
        try:
            if read is None:
                raise NotSaid("no layer computes it")
            read(made, node, model.attributes(node))
        except NotSaid as reason:
            reasons[f"{node.op_type}: {reason}"] += 1
        except (KeyError, ValueError, TypeError, IndexError, ZeroDivisionError, OverflowError) as error:
            raise fault(
                model.path, f"node '{made.name(node)}' of kind {node.op_type} is damaged: {error}"
            ) from None
    if reasons:
        raise ConfigError(
            Fault(f"{model.path}: {reason}" + (f" ({count} nodes)" if count > 1 else ""))
            for reason, count in reasons.most_common(_MOST_FAULTS)
        )
    return made


def _fill(net: Net, made: Importer, path: Path) -> None:
    for name, values in made.weights.items():
        for blob, value in zip(net.params[name], values, strict=True):
            if blob.numel() != value.size:
                shape = tuple(blob.shape)
                raise fault(
                    path, f"the weights of '{name}' have shape {value.shape}; the layer expects {shape}"
                )
            with torch.no_grad():
                blob.copy_(torch.from_numpy(value).reshape(blob.shape))
