"""Convolution and its transpose over any number of spatial axes.

Torch supports 1 to 3. Without spatial axes, the image is a single point; with more than 3, the first is
unrolled: the result is the sum of convolutions with the kernel's slices along that axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import torch
from torch.nn import functional as F

from layerzoo.errors import ExportError, LayerFault
from layerzoo.functional.padding import border
from layerzoo.functional.window import Window, convolution_window
from layerzoo.python_source import Operands, PythonSource, same
from layerzoo.schema import ConvolutionParameter


class Geometry(NamedTuple):
    """The geometry of a convolution over a bottom.

    Attributes:
        axis: index of the channels' axis; the axes before it are batch axes, those after it spatial.
        window: kernel, stride, pad and dilation over the spatial axes.
        group: number of groups of channels that are convolved separately.
    """

    axis: int
    window: Window
    group: int

    def convolved(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """The spatial sizes of the top for a bottom of those spatial sizes.

        Raises:
            LayerFault: no window fits.
        """
        return self.window.convolved(sizes)

    def convolve(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Cross-correlation: x (batch..., C, spatial...), weight (K, C / group, kernel...), bias (K)."""
        if self.axis == 1:
            return convolve(x, weight, bias, self.window, self.group)
        y = convolve(x.reshape(-1, *x.shape[self.axis :]), weight, bias, self.window, self.group)
        return y.reshape(*x.shape[: self.axis], *y.shape[1:])

    def deconvolve(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Transposed convolution: x (batch..., C, spatial...), weight (C, K / group, kernel...), bias (K)."""
        if self.axis == 1:
            return deconvolve(x, weight, bias, self.window, self.group)
        y = deconvolve(x.reshape(-1, *x.shape[self.axis :]), weight, bias, self.window, self.group)
        return y.reshape(*x.shape[: self.axis], *y.shape[1:])


def convolution_geometry(
    p: ConvolutionParameter, bottoms: Sequence[tuple[int, ...]], axis: int, depthwise: bool = False
) -> Geometry:
    """The geometry of a ``convolution_param``, with its channels at ``axis`` (from 0).

    With ``depthwise`` each channel is a group with one filter, whatever the message says.

    Raises:
        LayerFault: the bottoms' shapes differ, ``group`` doesn't divide the channels, or the window is
            invalid.
    """
    shape = bottoms[0]
    for index, other in enumerate(bottoms):
        if other != shape:
            raise LayerFault(
                f"bottoms of shapes {shape} and {other}; all must have the same shape", bottom=index
            )
    window = convolution_window(p, len(shape) - axis - 1)
    if depthwise:
        return Geometry(axis, window, shape[axis])
    if not p.num_output:
        raise LayerFault("num_output must be at least 1", field="convolution_param.num_output")
    if not p.group or shape[axis] % p.group or p.num_output % p.group:
        raise LayerFault(
            f"group {p.group} doesn't divide both the {shape[axis]} channels of a bottom {shape} "
            f"and num_output {p.num_output}",
            field="convolution_param.group",
        )
    return Geometry(axis, window, p.group)


_CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_DECONVOLVE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def convolve(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, window: Window, group: int
) -> torch.Tensor:
    """Cross-correlate an image with a kernel.

    Shapes: x (N, C, spatial...), weight (K, C / group, kernel...), bias (K), result (N, K, `convolved`...).
    """
    axes = x.dim() - 2
    if axes == 0:
        return F.conv1d(x.unsqueeze(2), weight.unsqueeze(2), bias, groups=group).squeeze(2)
    sides, window = uneven_pads(window)
    if sides:
        x = F.pad(x, sides)
    _, stride, pad, dilation, _ = window
    if axes in _CONVOLVE:
        return _CONVOLVE[axes](x, weight, bias, stride, pad, dilation, group)
    inner = Window(*(numbers[1:] for numbers in window))
    steps = window.convolved(x.shape[2:])[0]
    x = F.pad(x, [*[0, 0] * (axes - 1), pad[0], pad[0]])
    parts = []
    for at in range(window.kernel[0]):
        first = at * dilation[0]
        slices = x[:, :, first : first + (steps - 1) * stride[0] + 1 : stride[0]].transpose(1, 2)
        parts.append(convolve(slices.flatten(0, 1), weight[:, :, at], None if at else bias, inner, group))
    y = reduce(torch.add, parts)
    return y.reshape(-1, steps, *y.shape[1:]).transpose(1, 2)


def uneven_pads(window: Window) -> tuple[tuple[int, ...], Window]:
    """What torch's convolutions can't pad: an axis with another pad before it than behind.

    Returns:
        zeros to add to the image, before and behind each axis, the last one first; empty for none. And the
        window over the image with them.
    """
    if not window.pad_end:
        return (), window
    even = tuple(before if before == behind else 0 for before, behind in window.pads)
    rest = [tuple(pad - left for pad in pads) for pads, left in zip(window.pads, even, strict=True)]
    sides = border(*zip(*rest, strict=True))
    return sides, window._replace(pad=even, pad_end=())


def deconvolve(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, window: Window, group: int
) -> torch.Tensor:
    """The transpose of `convolve`: each element of x adds a scaled kernel to the result.

    Shapes: x (N, C, spatial...), weight (C, K / group, kernel...), bias (K), result (N, K, `deconvolved`...).
    """
    axes = x.dim() - 2
    if axes == 0:
        unit = Window((1,), (1,), (0,), (1,))
        return deconvolve(x.unsqueeze(2), weight.unsqueeze(2), bias, unit, group).squeeze(2)
    _, stride, pad, dilation, _ = window
    if axes in _DECONVOLVE:
        return _DECONVOLVE[axes](x, weight, bias, stride, pad, 0, group, dilation)
    inner = Window(*(numbers[1:] for numbers in window))
    sizes = window.deconvolved(x.shape[2:])
    total = x.new_zeros(x.shape[0], weight.shape[1] * group, sizes[0] + 2 * pad[0], *sizes[1:])
    slices = x.transpose(1, 2).flatten(0, 1)
    for at in range(window.kernel[0]):
        part = deconvolve(slices, weight[:, :, at], None, inner, group)
        part = part.reshape(-1, x.shape[2], *part.shape[1:]).transpose(1, 2)
        first = at * dilation[0]
        total[:, :, first : first + (x.shape[2] - 1) * stride[0] + 1 : stride[0]] += part
    total = total[:, :, pad[0] : pad[0] + sizes[0]]
    return total if bias is None else total + bias.reshape(-1, *[1] * axes)


def convolution_source(
    name: str,
    geometry: Geometry,
    kind: str,
    source: PythonSource,
    bottoms: Operands,
    **params: torch.Tensor | None,
) -> str:
    """A Python expression for a convolution in plain torch.

    Args:
        name: the layer's name.
        geometry: the convolution's geometry.
        kind: ``Conv`` or ``ConvTranspose``.
        source, bottoms: as for ``as_python``.
        params: ``weight`` and ``bias``.

    Raises:
        ExportError: torch has no such convolution.
    """
    axis, window, group = geometry
    sides, window = uneven_pads(window)
    axes = len(window.kernel)
    if axis != 1 or axes not in {1, 2, 3}:
        raise ExportError(f"layer '{name}': a convolution over {axes} axes from axis {axis} can't be written")
    arguments = [str(bottoms.shapes[0][1]), str(bottoms.tops[0][1]), same(window.kernel)]
    for field, value, default in (
        ("stride", window.stride, 1),
        ("padding", window.pad, 0),
        ("dilation", window.dilation, 1),
    ):
        if any(one != default for one in value):
            arguments.append(f"{field}={same(value)}")
    if group != 1:
        arguments.append(f"groups={group}")
    if params["bias"] is None:
        arguments.append("bias=False")
    module = source.module(f"nn.{kind}{axes}d({', '.join(arguments)})", **params)
    padded = [f"F.pad({bottom}, {sides})" if sides else bottom for bottom in bottoms.names]
    return ", ".join(f"{module}({bottom})" for bottom in padded)
