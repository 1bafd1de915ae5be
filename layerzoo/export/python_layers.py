"""How each layer type is written in plain torch.

A writer adds members and tensors to the `Lines` and gives the expression of the layer's tops. It reads the
built layer rather than its message, so that it writes what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from layerzoo.export.comparing import ExportError
from layerzoo.functional.pool import torch_agrees
from layerzoo.functional.window import Window
from layerzoo.layer import Layer, Shape
from layerzoo.schema import EltwiseParameter, PoolingParameter

LSTM = '''
def run_lstm(x: Tensor, cont: Tensor, weight_xc: Tensor, bias_c: Tensor, weight_hc: Tensor) -> Tensor:
    """Long short-term memory over x (steps, streams, values); cont is 0 where a sequence begins."""
    gates = F.linear(x.flatten(2), weight_xc, bias_c)
    h = c = gates.new_zeros(x.shape[1], weight_hc.shape[1])
    steps = []
    for gate, keep in zip(gates, cont.unsqueeze(2)):
        i, f, o, g = (gate + F.linear(h * keep, weight_hc)).chunk(4, 1)
        c = f.sigmoid() * keep * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        steps.append(h)
    return torch.stack(steps)
'''


@dataclass
class Lines:
    """The source so far.

    Attributes:
        members: lines of ``__init__``.
        steps: lines of ``forward``.
        helpers: functions above the class, by name.
        tensors: the state dict.
        member: what the layer being written is called.
    """

    members: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    helpers: dict[str, str] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    member: str = ""

    def module(self, made: str, **tensors: Tensor | None) -> str:
        """Add a torch module with its tensors; the expression that calls it."""
        self.members.append(f"self.{self.member} = {made}")
        self.tensors |= {f"{self.member}.{name}": t for name, t in tensors.items() if t is not None}
        return f"self.{self.member}"

    def param(self, name: str, tensor: Tensor) -> str:
        """Add a tensor of its own; the expression that reads it."""
        key = f"{self.member}_{name}"
        self.members.append(f"self.{key} = nn.Parameter(torch.zeros({_list(tensor.shape)}))")
        self.tensors[key] = tensor
        return f"self.{key}"


Writer = Callable[[Lines, Any, list[str], Sequence[Shape], Sequence[Shape]], str]
WRITERS: dict[str, Writer] = {}


def _writes(*types: str) -> Callable[[Writer], Writer]:
    def register(writer: Writer) -> Writer:
        WRITERS.update(dict.fromkeys(types, writer))
        return writer

    return register


def _elementwise(kind: str, expression: Callable[[Any], str]) -> None:
    """A layer that is one expression of ``x``."""

    def write(
        lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
    ) -> str:
        return expression(layer).replace("$", bottoms[0])

    WRITERS[kind] = write


_elementwise("Dropout", lambda layer: "$")
_elementwise("Sigmoid", lambda layer: "torch.sigmoid($)")
_elementwise("TanH", lambda layer: "torch.tanh($)")
_elementwise("AbsVal", lambda layer: "torch.abs($)")
_elementwise("BNLL", lambda layer: "F.softplus($, threshold=50)")
_elementwise("ELU", lambda layer: f"F.elu($, {_number(layer.alpha)})")
_elementwise("Threshold", lambda layer: f"($ > {_number(layer.threshold)}).to($.dtype)")
_elementwise("Clip", lambda layer: f"$.clamp({_number(layer.min)}, {_number(layer.max)})")
_elementwise(
    "Swish", lambda layer: "F.silu($)" if layer.beta == 1 else f"$ * torch.sigmoid({_number(layer.beta)} * $)"
)
_elementwise("Softmax", lambda layer: f"F.softmax($, {layer.axis})")
_elementwise("Flatten", lambda layer: f"torch.flatten($, {layer.start}, {layer.end})")


@_writes("ReLU")
def _relu(
    lines: Lines, layer: Layer, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    slope = layer.param.relu_param.negative_slope
    return f"F.leaky_relu({bottoms[0]}, {_number(slope)})" if slope else f"F.relu({bottoms[0]})"


@_writes("Power")
def _power(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    if layer.constant is not None:
        return f"torch.full_like({bottoms[0]}, {_number(layer.constant)})"
    made = bottoms[0] if layer.scale == 1 else f"{bottoms[0]} * {_number(layer.scale)}"
    made = f"{made} + {_number(layer.shift)}" if layer.shift else made
    return made if layer.power == 1 else f"({made}) ** {_number(layer.power)}"


@_writes("Exp")
def _exp(lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]) -> str:
    inner = bottoms[0] if layer.inner_scale == 1 else f"{bottoms[0]} * {_number(layer.inner_scale)}"
    return f"torch.exp({inner})" + ("" if layer.outer_scale == 1 else f" * {_number(layer.outer_scale)}")


@_writes("PReLU")
def _prelu(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    return f"F.prelu({bottoms[0]}, {lines.param('slope', layer.slope)})"


@_writes("Convolution", "Deconvolution")
def _convolution(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    axis, window, group = layer.geometry
    axes = len(window.kernel)
    if axis != 1 or axes not in {1, 2, 3}:
        raise ExportError(
            f"layer '{layer.name}': a convolution over {axes} axes from axis {axis} can't be written"
        )
    transposed = layer.type_name == "Deconvolution"
    said = [str(shapes[0][1]), str(tops[0][1]), _same(window.kernel)]
    for name, value, usual in (
        ("stride", window.stride, 1),
        ("padding", window.pad, 0),
        ("dilation", window.dilation, 1),
    ):
        if any(one != usual for one in value):
            said.append(f"{name}={_same(value)}")
    if group != 1:
        said.append(f"groups={group}")
    if layer.bias is None:
        said.append("bias=False")
    kind = f"nn.Conv{'Transpose' if transposed else ''}{axes}d"
    called = lines.module(f"{kind}({', '.join(said)})", weight=layer.weight, bias=layer.bias)
    return ", ".join(f"{called}({bottom})" for bottom in bottoms)


@_writes("InnerProduct")
def _inner_product(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    weight = layer.weight.t() if layer.transpose else layer.weight
    bias = "" if layer.bias is not None else ", bias=False"
    called = lines.module(
        f"nn.Linear({weight.shape[1]}, {weight.shape[0]}{bias})", weight=weight, bias=layer.bias
    )
    flat = bottoms[0] if layer.axis == len(shapes[0]) - 1 else f"torch.flatten({bottoms[0]}, {layer.axis})"
    return f"{called}({flat})"


@_writes("Pooling")
def _pooling(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    largest = layer.method == PoolingParameter.MAX
    if layer.masked or not (largest or layer.method == PoolingParameter.AVE):
        raise ExportError(f"layer '{layer.name}': stochastic pooling, and masks, can't be written")
    axes = len(shapes[0]) - 2
    if layer.window is None:
        return f"F.adaptive_{'max' if largest else 'avg'}_pool{axes}d({bottoms[0]}, 1)"
    window: Window = layer.window
    kind = f"F.{'max' if largest else 'avg'}_pool{axes}d"
    if not torch_agrees(window, layer.ceil):
        return _padded_pooling(layer, kind, largest, bottoms[0], shapes[0], tops[0])
    said = [bottoms[0], _same(window.kernel), _same(window.stride)]
    if any(window.pad):
        said.append(f"padding={_same(window.pad)}")
    sizes = zip(shapes[0][2:], window.kernel, window.stride, window.pad, strict=True)
    if layer.ceil and tops[0][2:] != tuple((n + 2 * p - k) // s + 1 for n, k, s, p in sizes):
        said.append("ceil_mode=True")
    return f"{kind}({', '.join(said)})"


def _padded_pooling(layer: Any, kind: str, largest: bool, x: str, bottom: Shape, top: Shape) -> str:
    """Windows that torch would place otherwise, over an image that is padded first."""
    window: Window = layer.window
    sides: list[int] = []
    pads: list[int] = []
    rest: list[int] = []
    for n, k, s, p, count in zip(bottom[2:], window.kernel, window.stride, window.pad, top[2:], strict=True):
        end = (count - 1) * s + k
        sides[:0] = (p, end - n - p)
        pads[:0] = (p, p)
        rest[:0] = (0, end - n - 2 * p)
    how = f"{_same(window.kernel)}, {_same(window.stride)}"
    if not largest:  # a window counts as far as it lies within the image and its pad
        ones = f"F.pad(F.pad(torch.ones_like({x}), {tuple(pads)}, value=1.0), {tuple(rest)})"
        share = f"{kind}({ones}, {how}).clamp_min({1 / prod(window.kernel)!r})"
        return f"{kind}(F.pad({x}, {tuple(sides)}), {how}) / {share}"
    lowest = torch.finfo(torch.float32).min
    padded = f"F.pad({x}, {tuple(sides)}, value={lowest!r})"
    return f"{kind}({padded}, {how})"


@_writes("LRN")
def _lrn(lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]) -> str:
    x = bottoms[0]
    if layer.within:
        energy = f"F.avg_pool2d({x} * {x}, {layer.size}, 1, {layer.size // 2})"
        return f"{x} / (1 + {_number(layer.alpha)} * {energy}) ** {_number(layer.beta)}"
    numbers = ", ".join(map(_number, (layer.alpha, layer.beta, layer.k)))
    return f"F.local_response_norm({x}, {layer.size}, {numbers})"


@_writes("BatchNorm")
def _batch_norm(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    axes = len(shapes[0]) - 2
    if not 0 <= axes <= 3 or layer.use_global_stats is False:
        raise ExportError(f"layer '{layer.name}': this batch normalisation can't be written")
    total = float(layer.scale_factor)
    share = 1 / total if total else 0.0
    affine = layer.weight is not None
    said = [str(shapes[0][1])]
    if _number(layer.eps) != "1e-05":
        said.append(f"eps={_number(layer.eps)}")
    if not affine:
        said.append("affine=False")
    called = lines.module(
        f"nn.BatchNorm{max(1, axes)}d({', '.join(said)})",
        running_mean=layer.mean * share,
        running_var=layer.variance * share,
        num_batches_tracked=torch.tensor(0),
        weight=layer.weight,
        bias=layer.bias if affine else None,
    )
    return f"{called}({bottoms[0]})"


@_writes("Scale", "Bias")
def _scale(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    def over(blob: str, shape: Shape) -> str:
        spread = [1] * layer.axis + list(shape) + [1] * (len(shapes[0]) - layer.axis - len(shape))
        return (
            f"{blob}.view({_list(spread[1:] if layer.axis else spread)})"
            if len(spread) > len(shape)
            else blob
        )

    if len(bottoms) > 1:
        if layer.axis == 0 and len(shapes[1]) < len(shapes[0]):
            extra = ", None" * (len(shapes[0]) - len(shapes[1]))
            factor = f"{bottoms[1]}[...{extra}]"
        else:
            factor = over(bottoms[1], shapes[1]) if layer.axis else bottoms[1]
    elif layer.type_name == "Bias":
        return f"{bottoms[0]} + {over(lines.param('bias', layer.bias), tuple(layer.bias.shape))}"
    else:
        factor = over(lines.param("weight", layer.weight), tuple(layer.weight.shape))
    if layer.type_name == "Bias":
        return f"{bottoms[0]} + {factor}"
    made = f"{bottoms[0]} * {factor}"
    if layer.bias is not None:
        made += f" + {over(lines.param('bias', layer.bias), tuple(layer.bias.shape))}"
    return made


@_writes("Eltwise")
def _eltwise(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    if layer.operation == EltwiseParameter.PROD:
        return " * ".join(bottoms)
    if layer.operation == EltwiseParameter.MAX:
        made = bottoms[0]
        for bottom in bottoms[1:]:
            made = f"torch.maximum({made}, {bottom})"
        return made
    coeffs = layer.coeff or [1] * len(bottoms)
    return " + ".join(b if c == 1 else f"{_number(c)} * {b}" for b, c in zip(bottoms, coeffs, strict=True))


@_writes("Concat")
def _concat(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    return f"torch.cat([{', '.join(bottoms)}], {layer.axis})"


@_writes("Slice")
def _slice(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    sizes = [top[layer.axis] for top in tops]
    return f"torch.split({bottoms[0]}, {sizes}, {layer.axis})" if len(tops) > 1 else bottoms[0]


@_writes("Split")
def _split(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    return ", ".join([bottoms[0]] * len(tops))


@_writes("Reshape")
def _reshape(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    first = f"{bottoms[0]}.shape[0]" if shapes[0][:1] == tops[0][:1] else str(tops[0][0])
    return f"{bottoms[0]}.reshape({', '.join([first, *map(str, tops[0][1:])])})"


@_writes("Crop")
def _crop(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    axis, offsets = layer.axis, layer.offsets
    starts = dict(zip(range(axis, len(shapes[0])), offsets, strict=True))
    parts = [f"{starts[i]}:{starts[i] + tops[0][i]}" if i in starts else ":" for i in range(len(shapes[0]))]
    return f"{bottoms[0]}[{', '.join(parts)}]"


@_writes("Embed")
def _embed(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    count, size = layer.weight.shape
    called = lines.module(f"nn.Embedding({count}, {size})", weight=layer.weight)
    made = f"{called}({bottoms[0]}.long())"
    return made if layer.bias is None else f"{made} + {lines.param('bias', layer.bias)}"


@_writes("LSTM")
def _lstm(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    if len(bottoms) != 2 or layer.weight_xc_static is not None:
        raise ExportError(
            f"layer '{layer.name}': an LSTM with a static input or exposed states can't be written"
        )
    lines.helpers["run_lstm"] = LSTM
    params = [lines.param(name, getattr(layer, name)) for name in ("weight_xc", "bias_c", "weight_hc")]
    return f"run_lstm({', '.join([*bottoms, *params])})"


@_writes("Silence")
def _silence(
    lines: Lines, layer: Any, bottoms: list[str], shapes: Sequence[Shape], tops: Sequence[Shape]
) -> str:
    return ""


def _number(value: float) -> str:
    """A number with as few digits as tell it from its neighbours among float32: a config holds it so."""
    short = float(str(np.float32(value)))
    return repr(short) if np.float32(short) == np.float32(value) == value else repr(value)


def _same(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else str(tuple(values))


def _list(values: Sequence[int]) -> str:
    return ", ".join(map(str, values)) or "()"
