"""The precision in which each layer of a net computes.

Params, their gradients and history are FP32 in every precision but FP64, in which the whole net is. A 16-bit
layer runs under torch's autocast: matrix products and convolutions round their operands, later operations
keep the type of their input, and integers such as labels, which enter no product, stay exact. A layer that
stays in FP32 gets its bottoms in FP32. Batch normalisation takes and gives 16 bits; its statistics and params
are FP32. Source: Micikevicius et al. 2018, arXiv 1710.03740.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import torch

from layerzoo.errors import Fault, UsageError, did_you_mean, nearest
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import Layer, compute_in
from layerzoo.net import Net
from layerzoo.schema import BF16, FP16, FP32, FP64, TF32, SolverParameter

log = logging.getLogger("layerzoo")

_NARROW: dict[int, torch.dtype] = {BF16: torch.bfloat16, FP16: torch.float16}


def precision_of(param: SolverParameter, *names: str) -> int:
    """The `Precision` of a solver for a layer, by its names: its own, and that in the config."""
    found: int = param.precision
    for entry in param.layer_precision:
        if any(fnmatchcase(name, pattern) for name in names for pattern in entry.layer):
            found = entry.precision
    return found


def params_type(param: SolverParameter, device: torch.device) -> torch.dtype:
    """The type of params, gradients, history and blobs.

    Raises:
        UsageError: the device doesn't have it.
    """
    if param.precision != FP64:
        return torch.float32
    if device.type == "mps":
        raise UsageError(
            "precision: FP64: Apple's GPUs have no 64-bit numbers; -gpu none computes on the CPU"
        )
    return torch.float64


def layer_types(graph: Graph, param: SolverParameter) -> list[torch.dtype]:
    """The type in which each layer of a graph computes: float32, bfloat16 or float16."""
    return [_type_of(spec, param) for spec in graph.layers]


def has_fp16(graph: Graph, param: SolverParameter) -> bool:
    """Whether a layer computes in FP16, so that the loss has to be scaled."""
    return torch.float16 in layer_types(graph, param)


def apply_precision(net: Net, param: SolverParameter) -> None:
    """Set each layer of a net to the precision of a solver; FP32 changes nothing."""
    types = layer_types(net.graph, param)
    narrow = any(dtype != torch.float32 for dtype in types)
    for layer, dtype in zip(net.ordered_layers(), types, strict=True):
        for inner in _inside(layer):
            inner.__dict__.pop("forward", None)
            if dtype != torch.float32 and (inner.is_loss or inner.stays_fp32):
                compute_in(inner, torch.float32)  # the others follow the layer that runs them
        layer.__dict__.pop("forward", None)
        if narrow:
            compute_in(layer, dtype)


def _inside(layer: Layer) -> list[Layer]:
    """The layers of the subnets that a layer runs."""
    return [module for module in layer.modules() if isinstance(module, Layer) and module is not layer]


def allow_tf32(allowed: bool) -> None:
    """Let GPUs round FP32 products to TF32, or not, for the whole process; torch's own default lets cuDNN."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def switch_tf32(param: SolverParameter, device: torch.device) -> None:
    """Set the precision of FP32 products on a GPU, for the whole process: FP32, or rounded to TF32."""
    tf32 = param.precision == TF32
    if device.type == "cuda":
        allow_tf32(tf32)
    elif tf32:
        log.warning("precision is TF32, which only GPUs have: the CPU computes in FP32")


def precision_faults(param: SolverParameter, graphs: Sequence[Graph]) -> list[Fault]:
    """Faults of a solver's precision fields; each names its field."""
    layers = [layer for graph in graphs for layer in graph.layers]
    names = {name for layer in layers for name in (layer.name, layer.config_name) if name}
    found = []
    for entry in param.layer_precision:
        if not entry.layer:
            message = "layer_precision names no layer"
            found.append(Fault(message, field="layer_precision", hint="give layer: a name or a pattern"))
        for pattern in entry.layer if names else ():
            if not any(fnmatchcase(name, pattern) for name in names):
                hint = did_you_mean(nearest(pattern, names))
                found.append(Fault(f"no layer is named '{pattern}'", field="layer_precision", hint=hint))
        if FP64 in (entry.precision, param.precision):
            message = "FP64 applies to the whole net; layer_precision can't be set beside it"
            found.append(Fault(message, field="layer_precision", hint="remove it, or give another precision"))
        if entry.precision == TF32 or (entry.precision == FP32 and param.precision == TF32):
            message = "TF32 applies to the whole GPU; it can't be set for single layers"
            hint = "layer_precision takes BF16 and FP16, and FP32 if precision isn't TF32"
            found.append(Fault(message, field="layer_precision", hint=hint))
    scale = param.loss_scale_param
    bounds = {
        "initial": (scale.initial > 0, "above 0"),
        "growth": (scale.growth >= 1, "1 or more"),
        "backoff": (0 < scale.backoff < 1, "between 0 and 1"),
        "interval": (scale.interval >= 1, "1 or more"),
    }
    for name, (good, wanted) in bounds.items():
        if not good:
            message = f"loss_scale_param.{name} is {getattr(scale, name):g}; it has to be {wanted}"
            found.append(Fault(message, field=f"loss_scale_param.{name}"))
    return found


def precision_warnings(param: SolverParameter, graphs: Iterable[Graph]) -> list[Fault]:
    """A warning for each layer that ``layer_precision`` names in full but that stays in FP32."""
    stays = {spec.name: spec for graph in graphs for spec in graph.layers if _stays(spec)}
    return [
        Fault(f"layer '{name}' ({stays[name].param.type}) stays in FP32", field="layer_precision")
        for entry in param.layer_precision
        if entry.precision in _NARROW
        for name in entry.layer
        if name in stays
    ]


def _type_of(spec: GraphLayer, param: SolverParameter) -> torch.dtype:
    narrow = _NARROW.get(precision_of(param, spec.name, spec.config_name or spec.name))
    return torch.float32 if narrow is None or _stays(spec) else narrow


def _stays(spec: GraphLayer) -> bool:
    """Whether a layer stays in FP32: losses, sources, and layers whose class says so."""
    kind = spec.kind
    always = kind.is_loss or kind.is_data or kind.stays_fp32
    return always or any(spec.loss_weights) or not spec.bottoms
