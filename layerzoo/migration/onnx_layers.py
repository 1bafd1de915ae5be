"""Turn the nodes of an ONNX model into layers, one function for each kind of node.

A function adds layers and their weights to an `Importer`; what it can't say in layers is a `NotSaid` with the
reason. Names of blobs are those of the model's values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from layerzoo.migration.importer import Importer, NotSaid
from layerzoo.migration.onnx_model import Array
from layerzoo.schema import EltwiseParameter, PoolingParameter

Read = Callable[[Importer, Any, dict[str, Any]], None]
OPERATIONS: Final[dict[str, Read]] = {}
"""The functions by kind of node."""


def operation(*kinds: str) -> Callable[[Read], Read]:
    """Register a function for kinds of nodes."""

    def add(read: Read) -> Read:
        OPERATIONS.update(dict.fromkeys(kinds, read))
        return read

    return add


@operation("Conv", "ConvTranspose")
def _convolution(net: Importer, node: Any, has: dict[str, Any]) -> None:
    weight = net.weight(node, 1)
    axes = weight.ndim - 2
    turned = node.op_type == "ConvTranspose"
    if turned and any(has.get("output_padding", ())):
        raise NotSaid("output_padding has no counterpart")
    layer = net.layer(node, "Deconvolution" if turned else "Convolution")
    p = layer.convolution_param
    group = has.get("group", 1)
    p.num_output = int(weight.shape[1] * group if turned else weight.shape[0])
    p.kernel_size.extend(_short(weight.shape[2:]))
    for field, name in (("strides", "stride"), ("dilations", "dilation")):
        values = has.get(field, [1] * axes)
        if set(values) != {1}:
            getattr(p, name).extend(_short(values))
    if group != 1:
        p.group = group
    begin, end = _pads(net, node, has, axes)
    if begin == end:
        if any(begin):
            p.pad.extend(_short(begin))
    elif not turned:
        p.pad_begin.extend(_short(begin))
        p.pad_end.extend(_short(end))
    else:
        raise NotSaid("pads differ from side to side")
    bias = net.optional(node, 2)
    if bias is None or not bias.any():  # torch's exporter adds zeros where there is no bias
        bias, p.bias_term = None, False
    net.blobs(layer, weight, *(() if bias is None else (bias,)))


@operation("BatchNormalization")
def _batch_norm(net: Importer, node: Any, has: dict[str, Any]) -> None:
    scale, shift, mean, variance = (net.weight(node, index) for index in range(1, 5))
    norm = net.layer(node, "BatchNorm")
    norm.batch_norm_param.use_global_stats = True
    norm.batch_norm_param.eps = has.get("epsilon", 1e-5)
    net.blobs(norm, mean, variance, np.ones(1, np.float32))
    top = norm.top[0]
    affine = net.add(f"{norm.name}_scale", "Scale", [top], top)
    affine.scale_param.bias_term = True
    net.blobs(affine, scale, shift)


@operation("Gemm")
def _gemm(net: Importer, node: Any, has: dict[str, Any]) -> None:
    if has.get("transA", 0):
        raise NotSaid("the first matrix is transposed")
    weight = net.weight(node, 1) * has.get("alpha", 1.0)
    bias = net.optional(node, 2)
    layer = net.layer(node, "InnerProduct")
    layer.inner_product_param.num_output = int(weight.shape[0 if has.get("transB", 0) else 1])
    values = [weight if has.get("transB", 0) else weight.T]
    if bias is None:
        layer.inner_product_param.bias_term = False
    else:
        count = layer.inner_product_param.num_output
        values.append(np.broadcast_to(bias.reshape(-1), count) * has.get("beta", 1.0))
    net.blobs(layer, *values)


@operation("MatMul")
def _matrix_product(net: Importer, node: Any, has: dict[str, Any]) -> None:
    weight = net.weight(node, 1)
    if weight.ndim != 2:
        raise NotSaid(f"a product with a constant of {weight.ndim} axes")
    layer = net.layer(node, "InnerProduct")
    layer.inner_product_param.num_output = int(weight.shape[1])
    layer.inner_product_param.bias_term = False
    axes = len(net.shape(node.input[0]))
    if axes != 2:
        layer.inner_product_param.axis = axes - 1
    net.blobs(layer, weight.T)


_PLAIN: Final = {
    "Relu": "ReLU",
    "Sigmoid": "Sigmoid",
    "Tanh": "TanH",
    "Exp": "Exp",
    "Log": "Log",
    "Abs": "AbsVal",
    "Softplus": "BNLL",
    "Selu": "SELU",
    "HardSwish": "HardSwish",
    "Mish": "Mish",
}


@operation(*_PLAIN)
def _plain(net: Importer, node: Any, has: dict[str, Any]) -> None:
    net.layer(node, _PLAIN[node.op_type])


@operation("LeakyRelu")
def _leaky(net: Importer, node: Any, has: dict[str, Any]) -> None:
    net.layer(node, "ReLU").relu_param.negative_slope = has.get("alpha", 0.01)


@operation("Elu")
def _elu(net: Importer, node: Any, has: dict[str, Any]) -> None:
    net.layer(node, "ELU").elu_param.alpha = has.get("alpha", 1.0)


@operation("PRelu")
def _prelu(net: Importer, node: Any, has: dict[str, Any]) -> None:
    slope = net.weight(node, 1)
    layer = net.layer(node, "PReLU")
    layer.prelu_param.channel_shared = slope.size == 1
    net.blobs(layer, slope.reshape(-1))


@operation("Clip")
def _clip(net: Importer, node: Any, has: dict[str, Any]) -> None:
    low, high = (net.optional(node, index) for index in (1, 2))
    layer = net.layer(node, "Clip")
    largest = float(np.finfo(np.float32).max)
    layer.clip_param.min = float(has.get("min", -largest) if low is None else low)
    layer.clip_param.max = float(has.get("max", largest) if high is None else high)


@operation("Neg", "Sqrt", "Pow", "Reciprocal")
def _power(net: Importer, node: Any, has: dict[str, Any]) -> None:
    exponent = net.optional(node, 1)
    if node.op_type == "Pow" and (exponent is None or exponent.size != 1):
        raise NotSaid("an exponent that isn't one number")
    p = net.layer(node, "Power").power_param
    if node.op_type == "Neg":
        p.scale = -1
    else:
        p.power = {"Sqrt": 0.5, "Reciprocal": -1.0}.get(node.op_type) or float(exponent)  # type: ignore[arg-type]


@operation("MaxPool", "AveragePool")
def _pooling(net: Importer, node: Any, has: dict[str, Any]) -> None:
    kernel = list(has["kernel_shape"])
    if len(kernel) != 2 or len(node.output) > 1 or set(has.get("dilations", [1])) != {1}:
        raise NotSaid("a pooling that isn't over two axes, has dilations or gives indices")
    begin, end = _pads(net, node, has, 2)
    layer = net.layer(node, "Pooling")
    p = layer.pooling_param
    if node.op_type == "AveragePool":
        counted = has.get("count_include_pad", 0) or not any((*begin, *end))
        p.pool = PoolingParameter.AVE
        if not counted:
            raise NotSaid("an average that doesn't count the padding")
    if not has.get("ceil_mode", 0):
        p.round_mode = PoolingParameter.FLOOR
    _pair(p, "kernel", kernel)
    strides = has.get("strides", [1, 1])
    if set(strides) != {1}:
        _pair(p, "stride", strides)
    if begin == end:
        if any(begin):
            _pair(p, "pad", begin)
    else:
        p.pad_t, p.pad_l, p.pad_b, p.pad_r = (*begin, *end)


@operation("GlobalAveragePool", "GlobalMaxPool")
def _global_pooling(net: Importer, node: Any, has: dict[str, Any]) -> None:
    layer = net.layer(node, "Pooling")
    layer.pooling_param.global_pooling = True
    layer.pooling_param.pool = (
        PoolingParameter.AVE if node.op_type == "GlobalAveragePool" else PoolingParameter.MAX
    )


@operation("ReduceMean")
def _mean(net: Importer, node: Any, has: dict[str, Any]) -> None:
    axes = has.get("axes")
    given = net.optional(node, 1)
    shape = net.shape(node.input[0])
    over = sorted(
        int(axis) % len(shape) for axis in (given if axes is None and given is not None else axes or ())
    )
    if len(shape) != 4 or over != [2, 3]:
        raise NotSaid("a mean over other axes than height and width")
    keeps = has.get("keepdims", 1)
    top = node.output[0] if keeps else f"{node.output[0]}_pooled"
    layer = net.add(net.name(node), "Pooling", [node.input[0]], top)
    layer.pooling_param.global_pooling = True
    layer.pooling_param.pool = PoolingParameter.AVE
    if not keeps:
        net.add(f"{layer.name}_flat", "Flatten", [top], node.output[0])


@operation("Concat")
def _concat(net: Importer, node: Any, has: dict[str, Any]) -> None:
    net.layer(node, "Concat", list(node.input)).concat_param.axis = has["axis"]


@operation("Split")
def _split(net: Importer, node: Any, has: dict[str, Any]) -> None:
    axis = has.get("axis", 0)
    sizes = [net.shape(name)[axis] for name in node.output]
    layer = net.add(net.name(node), "Slice", [node.input[0]], *node.output)
    layer.slice_param.axis = axis
    layer.slice_param.slice_point.extend(np.cumsum(sizes)[:-1].tolist())


@operation("Add", "Sub", "Mul", "Div", "Sum", "Max")
def _arithmetic(net: Importer, node: Any, has: dict[str, Any]) -> None:
    constants = [net.model.constant(name) for name in node.input]
    if any(constant is not None for constant in constants):
        _with_constant(net, node, constants)
        return
    shapes = [net.shape(name) for name in node.input]
    if len(set(shapes)) == 1:
        layer = net.layer(node, "Eltwise", list(node.input))
        operations = {"Mul": EltwiseParameter.PROD, "Max": EltwiseParameter.MAX}
        if node.op_type == "Div":
            raise NotSaid("a quotient of two blobs")
        if node.op_type in operations:
            layer.eltwise_param.operation = operations[node.op_type]
        if node.op_type == "Sub":
            layer.eltwise_param.coeff.extend((1, -1))
        return
    whole, part = sorted(range(2), key=lambda index: -prod(shapes[index]))
    size = shapes[part]
    if node.op_type not in {"Mul", "Add"} or len(size) != 4 or size[2:] != (1, 1):
        raise NotSaid(f"shapes {shapes[0]} and {shapes[1]}")
    flat = f"{node.input[part]}_by_channel"
    reshape = net.add(f"{net.name(node)}_by_channel", "Reshape", [node.input[part]], flat)
    reshape.reshape_param.shape.dim.extend((0, size[1]))
    bottoms = [node.input[whole], flat]
    kind = "Scale" if node.op_type == "Mul" else "Bias"
    layer = net.add(net.name(node), kind, bottoms, node.output[0])
    (layer.scale_param if kind == "Scale" else layer.bias_param).axis = 0


def _with_constant(net: Importer, node: Any, constants: Sequence[Array | None]) -> None:
    place = next(index for index, constant in enumerate(constants) if constant is None)
    (other,) = (constant for constant in constants if constant is not None)
    blob, values = node.input[place], other.astype(np.float64)
    if node.op_type in {"Sub", "Div"} and place == 1:
        raise NotSaid("a constant less a blob, or divided by one")
    adds = node.op_type in {"Add", "Sub"}
    values = -values if node.op_type == "Sub" else 1 / values if node.op_type == "Div" else values
    if node.op_type in {"Max", "Sum"}:
        raise NotSaid("a constant")
    if values.size == 1:
        power = net.add(net.name(node), "Power", [blob], node.output[0]).power_param
        if adds:
            power.shift = float(values.reshape(()))
        else:
            power.scale = float(values.reshape(()))
        return
    shape = net.shape(blob)
    long = (1,) * (len(shape) - values.ndim) + values.shape
    axes = [axis for axis, size in enumerate(long) if size != 1]
    if not axes or axes != list(range(axes[0], axes[-1] + 1)) or 0 in axes:
        raise NotSaid(f"a constant of shape {values.shape} beside a blob of shape {shape}")
    layer = net.add(net.name(node), "Bias" if adds else "Scale", [blob], node.output[0])
    p: Any = layer.bias_param if adds else layer.scale_param
    p.axis, p.num_axes = axes[0], len(axes)
    net.blobs(layer, values.reshape([long[axis] for axis in axes]))


@operation("Softmax", "LogSoftmax")
def _softmax(net: Importer, node: Any, has: dict[str, Any]) -> None:
    log = node.op_type == "LogSoftmax"
    top = f"{node.output[0]}_softmax" if log else node.output[0]
    layer = net.add(net.name(node), "Softmax", [node.input[0]], top)
    axis = has.get("axis", -1) % len(net.shape(node.input[0]))
    if axis != 1:
        layer.softmax_param.axis = axis
    if log:
        net.add(f"{layer.name}_log", "Log", [top], node.output[0])


@operation("Flatten", "Reshape", "Squeeze", "Unsqueeze")
def _reshape(net: Importer, node: Any, has: dict[str, Any]) -> None:
    shape, before = net.shape(node.output[0]), net.shape(node.input[0])
    if shape[:1] == before[:1] and len(shape) == 2:
        net.layer(node, "Flatten")
        return
    keeps = shape[:1] == before[:1]
    dims = net.layer(node, "Reshape").reshape_param.shape.dim
    dims.extend((0, *shape[1:]) if keeps else shape)


@operation("Transpose")
def _transpose(net: Importer, node: Any, has: dict[str, Any]) -> None:
    axes = len(net.shape(node.input[0]))
    net.layer(node, "Permute").permute_param.order.extend(has.get("perm", range(axes - 1, -1, -1)))


@operation("Dropout", "Identity", "Cast")
def _same(net: Importer, node: Any, has: dict[str, Any]) -> None:
    net.alias(node.output[0], node.input[0])


@operation("LRN")
def _lrn(net: Importer, node: Any, has: dict[str, Any]) -> None:
    p = net.layer(node, "LRN").lrn_param
    p.local_size, p.alpha, p.beta, p.k = (
        has["size"],
        has.get("alpha", 1e-4),
        has.get("beta", 0.75),
        has.get("bias", 1.0),
    )


@operation("Resize", "Upsample")
def _resize(net: Importer, node: Any, has: dict[str, Any]) -> None:
    before, after = net.shape(node.input[0]), net.shape(node.output[0])
    if len(before) != 4 or before[:2] != after[:2]:
        raise NotSaid("a resize of other axes than height and width")
    mode = has.get("mode", "nearest")
    where = has.get(
        "coordinate_transformation_mode", "asymmetric" if node.op_type == "Upsample" else "half_pixel"
    )
    factors = {after[axis] // before[axis] for axis in (2, 3)}
    whole = all(after[axis] % before[axis] == 0 for axis in (2, 3)) and len(factors) == 1
    if mode == "nearest" and whole:
        net.layer(node, "Upsample").upsample_param.scale = factors.pop()
    elif mode == "linear" and where == "align_corners":
        p = net.layer(node, "Interp").interp_param
        p.height, p.width = after[2:]
    else:
        raise NotSaid(f"a resize of mode {mode}, {where}, from {before[2:]} to {after[2:]}")


def _pads(net: Importer, node: Any, has: dict[str, Any], axes: int) -> tuple[list[int], list[int]]:
    auto = has.get("auto_pad", "NOTSET")
    if auto == "VALID":
        return [0] * axes, [0] * axes
    if auto in {"SAME_UPPER", "SAME_LOWER"}:
        kernel = has.get("kernel_shape") or net.weight(node, 1).shape[2:]
        strides, dilations = has.get("strides", [1] * axes), has.get("dilations", [1] * axes)
        sizes = net.shape(node.input[0])[2:]
        total = [
            max(0, (-(-size // stride) - 1) * stride + dilation * (k - 1) + 1 - size)
            for size, stride, dilation, k in zip(sizes, strides, dilations, kernel, strict=True)
        ]
        small, large = [t // 2 for t in total], [t - t // 2 for t in total]
        return (small, large) if auto == "SAME_UPPER" else (large, small)
    pads = list(has.get("pads", [0] * 2 * axes))
    return pads[:axes], pads[axes:]


def _short(values: Sequence[int]) -> list[int]:
    """The values, once if they are all the same."""
    return [int(values[0])] if len(set(values)) == 1 else [int(value) for value in values]


def _pair(p: Any, name: str, values: Sequence[int]) -> None:
    high, wide = values
    if high == wide:
        setattr(p, {"kernel": "kernel_size"}.get(name, name), high)
    else:
        setattr(p, f"{name}_h", high)
        setattr(p, f"{name}_w", wide)
