"""Sliding windows of convolution and pooling: their geometry and number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from layerzoo.errors import LayerFault
from layerzoo.schema import ConvolutionParameter, PoolingParameter

MAX_POOLED_AXES = 3
"""The most spatial axes that pooling supports."""


class Window(NamedTuple):
    """Kernel, stride, pad and dilation: one number per spatial axis each, in elements of the bottom.

    Attributes:
        kernel, stride, dilation: size of the window, distance between windows, distance between its elements.
        pad: padding before the image, and after it unless ``pad_end`` is given.
        pad_end: padding after the image; empty if it is that before it.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]
    pad_end: tuple[int, ...] = ()

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """Padding before and after the image, by axis."""
        return tuple(zip(self.pad, self.pad_end or self.pad, strict=True))

    @property
    def extent(self) -> tuple[int, ...]:
        """The size of the window, including dilation."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def convolved(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """The number of windows inside a padded image of those spatial sizes, by axis.

        Raises:
            LayerFault: no window fits.
        """
        counts = tuple(
            (n + sum(pads) - e) // s + 1
            for n, e, s, pads in zip(sizes, self.extent, self.stride, self.pads, strict=True)
        )
        if any(count < 1 for count in counts):
            raise self._misfit(sizes, "convolution_param.kernel_size")
        return counts

    def deconvolved(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """The spatial sizes of a transposed convolution's top for a bottom of ``sizes``.

        Raises:
            LayerFault: the pad crops the whole top.
        """
        tops = tuple(
            s * (n - 1) + e - 2 * p
            for n, e, s, p in zip(sizes, self.extent, self.stride, self.pad, strict=True)
        )
        if any(top < 1 for top in tops):
            raise LayerFault(
                f"pad {_times(self.pad)} crops the whole top of windows {_times(self.extent)} "
                f"over a bottom {_times(sizes)}",
                field="convolution_param.pad",
                bottom=0,
                hint="make the pad smaller or the kernel larger",
            )
        return tops

    def pooled(self, sizes: Sequence[int], ceil: bool) -> tuple[int, ...]:
        """The number of pooling windows over an image of those spatial sizes, by axis.

        If rounded up, the last window may extend past the image. A last window that would start past the
        image and its leading pad is dropped only if there is a pad along any axis; so with a stride larger
        than the kernel and no pad, the last window may lie outside the image.

        Raises:
            LayerFault: no window fits.
        """
        counts = []
        padded = any(map(any, self.pads))
        for n, k, s, (p, end) in zip(sizes, self.kernel, self.stride, self.pads, strict=True):
            room = n + p + end - k
            count = (-(-room // s) if ceil else room // s) + 1
            counts.append(count - (padded and (count - 1) * s >= n + p))
        if any(count < 1 for count in counts):
            raise self._misfit(sizes, "pooling_param.kernel_size")
        return tuple(counts)

    def unpooled(self, counts: Sequence[int]) -> tuple[int, ...]:
        """The spatial sizes of an image, less its pad, that ends with the last of a number of windows."""
        return tuple(
            (count - 1) * s + k - sum(pads)
            for count, s, k, pads in zip(counts, self.stride, self.kernel, self.pads, strict=True)
        )

    def _misfit(self, sizes: Sequence[int], field: str) -> LayerFault:
        return LayerFault(
            f"a window of {_times(self.extent)} doesn't fit into a bottom of {_times(sizes)} "
            f"with a pad of {_times(self.pad)}" + (f" and {_times(self.pad_end)}" if self.pad_end else ""),
            field=field,
            bottom=0,
            hint="make the kernel smaller or the pad larger, or check the strides of the layers before",
        )


SIDES: Final = ("pad_l", "pad_r", "pad_t", "pad_b", "pad_begin", "pad_end", "causal")
"""Fields of ``convolution_param`` that pad an image on one side."""


def convolution_window(p: ConvolutionParameter, axes: int) -> Window:
    """The window of a ``convolution_param`` over a number of spatial axes.

    Raises:
        LayerFault: a size is missing, too small or given twice, or the number of sizes doesn't fit.
    """

    def numbers(field: str, h: str, w: str, default: int | None, least: int) -> tuple[int, ...]:
        pair = (getattr(p, h), getattr(p, w)) if p.HasField(h) or p.HasField(w) else None
        return _per_axis(list(getattr(p, field)), pair, axes, default, least, f"convolution_param.{field}")

    window = Window(
        numbers("kernel_size", "kernel_h", "kernel_w", None, 1),
        numbers("stride", "stride_h", "stride_w", 1, 1),
        numbers("pad", "pad_h", "pad_w", 0, 0),
        _per_axis(list(p.dilation), None, axes, 1, 1, "convolution_param.dilation"),
    )
    begin, end = _convolution_pads(p, window.pad, axes)
    if p.causal:
        begin = _causal(p, window, begin, end)
    return window._replace(pad=begin, pad_end=() if begin == end else end)


def _convolution_pads(
    p: ConvolutionParameter, pad: tuple[int, ...], axes: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The zeros before an image and behind it, by axis.

    ``pad`` holds those that ``pad``, ``pad_h`` and ``pad_w`` give.
    """
    given = next((name for name in ("pad_begin", "pad_end") if getattr(p, name)), None)
    if given is None:
        left, right, top, bottom = border_of(p, axes, "convolution_param") or (0, 0, 0, 0)
        return ((top, left), (bottom, right)) if left or right or top or bottom else (pad, pad)
    others = [*SIDES[:4], "pad", "pad_h", "pad_w"]
    other = next((f.name for f, _ in p.ListFields() if f.name in others), None)
    if other is not None:
        raise LayerFault(
            f"both {other} and {given} are given",
            field=f"convolution_param.{given}",
            hint="keep one of them",
        )
    begin, end = (
        _per_axis(list(getattr(p, name)), None, axes, 0, 0, f"convolution_param.{name}")
        for name in ("pad_begin", "pad_end")
    )
    return begin, end


def _causal(
    p: ConvolutionParameter, window: Window, begin: tuple[int, ...], end: tuple[int, ...]
) -> tuple[int, ...]:
    """The zeros before an image where no window may reach what follows along the first axis."""
    if not begin:
        raise LayerFault(
            "causal without a spatial axis",
            field="convolution_param.causal",
            hint="the axes after that of the channels are spatial",
        )
    if begin[0] or end[0]:
        raise LayerFault(
            f"causal with a pad of {begin[0]} before and {end[0]} behind the first spatial axis",
            field="convolution_param.causal",
            hint=f"it adds {window.extent[0] - 1} elements before that axis itself: give 0 for it"
            + (", e.g. pad: 0 pad: 1" if len(begin) > 1 else ""),
        )
    return (window.extent[0] - 1, *begin[1:])


def border_of(p: ConvolutionParameter | PoolingParameter, axes: int, message: str) -> tuple[int, ...]:
    """The zeros that ``pad_l``, ``pad_r``, ``pad_t`` and ``pad_b`` add to an image; empty if none is above 0.

    Raises:
        LayerFault: another pad is given too, or the image hasn't 2 spatial axes; ``message`` names the
        field's
            message.
    """
    border = (p.pad_l, p.pad_r, p.pad_t, p.pad_b)
    if not any(border):
        return ()
    if p.pad_h or p.pad_w or (any(p.pad) if isinstance(p, ConvolutionParameter) else p.pad):
        raise LayerFault("both pad and pad_l, pad_r, pad_t or pad_b are given", field=f"{message}.pad_l")
    if axes != 2:
        raise LayerFault(
            f"pad_l, pad_r, pad_t and pad_b are for 2 spatial axes; the bottom has {axes}",
            field=f"{message}.pad_l",
            hint="give pad",
        )
    return border


def pooling_window(p: PoolingParameter, shape: Sequence[int]) -> Window:
    """The window of a ``pooling_param`` over a bottom (N, C, spatial...).

    ``kernel_shape``, ``stride_shape`` and ``pad_shape`` hold one number per axis; Caffe's own fields hold one
    for all axes, or height and width.

    Raises:
        LayerFault: a size is missing, too small or given twice, or the number of sizes doesn't fit; the pad
            is as large as the kernel; the bottom has no spatial axes or more than `MAX_POOLED_AXES`.
    """
    axes = len(shape) - 2
    if not 1 <= axes <= MAX_POOLED_AXES:
        raise LayerFault(
            f"a bottom of shape {tuple(shape)} can't be pooled",
            bottom=0,
            hint=f"expected (N, C, H, W), or 3 to {MAX_POOLED_AXES + 2} axes in general",
        )

    def numbers(what: str, field: str, default: int | None, least: int) -> tuple[int, ...]:
        h, w = f"{what}_h", f"{what}_w"
        pair = (getattr(p, h), getattr(p, w)) if p.HasField(h) or p.HasField(w) else None
        values = list(getattr(p, f"{what}_shape"))
        if p.HasField(field) and values:
            raise LayerFault(
                f"both {field} and {what}_shape are given",
                field=f"pooling_param.{what}_shape",
                hint="keep one of them",
            )
        values = values or ([getattr(p, field)] if p.HasField(field) else [])
        return _per_axis(values, pair, axes, default, least, f"pooling_param.{field}")

    stride, pad = numbers("stride", "stride", 1, 1), numbers("pad", "pad", 0, 0)
    left, right, top, bottom = border_of(p, axes, "pooling_param") or (0, 0, 0, 0)
    pad, pad_end = ((top, left), (bottom, right)) if left or right or top or bottom else (pad, ())
    if p.global_pooling:
        kernels = [f.name for f, _ in p.ListFields() if f.name.startswith("kernel_")]
        if kernels:
            raise LayerFault("global_pooling takes no kernel", field=f"pooling_param.{kernels[0]}")
        if any(pad) or any(pad_end) or any(s != 1 for s in stride):
            raise LayerFault(
                "global_pooling takes no pad and no stride", field="pooling_param.global_pooling"
            )
        return global_window(shape[2:])
    window = Window(numbers("kernel", "kernel_size", None, 1), stride, pad, (1,) * axes, pad_end)
    check_pooling_pad(window, p.pool == PoolingParameter.STOCHASTIC, "pooling_param.pad")
    return window


def global_window(sizes: Sequence[int]) -> Window:
    """A single window that covers an image of those spatial sizes."""
    ones = (1,) * len(sizes)
    return Window(tuple(sizes), ones, (0,) * len(sizes), ones)


def check_pooling_pad(window: Window, stochastic: bool, field: str) -> None:
    """Check that no window can consist of padding, and that stochastic pooling has none.

    Raises:
        LayerFault: the pad is refused; ``field`` names its field.
    """
    padded = any(map(any, window.pads))
    if padded and any(max(pads) >= k for pads, k in zip(window.pads, window.kernel, strict=True)):
        raise LayerFault(
            f"a pad of {_times(window.pad)} is as large as the kernel {_times(window.kernel)}",
            field=field,
            hint="the pad must be smaller than the kernel",
        )
    if stochastic and padded:
        raise LayerFault("STOCHASTIC pooling takes no pad", field=field)


def _per_axis(
    values: list[int], pair: tuple[int, int] | None, axes: int, default: int | None, least: int, field: str
) -> tuple[int, ...]:
    """One number per axis from a message's values: one for all axes, one per axis, or height and width."""
    name = field.rpartition(".")[2]
    if pair is not None:
        stem = name.removesuffix("_size")
        if values:
            raise LayerFault(
                f"both {name} and {stem}_h or {stem}_w are given", field=field, hint="keep one of them"
            )
        if axes != 2:
            raise LayerFault(
                f"{stem}_h and {stem}_w are for 2 spatial axes; the bottom has {axes}",
                field=f"{field.rpartition('.')[0]}.{stem}_h",
                hint=f"give {name}",
            )
        values = list(pair)
    elif not values:
        if default is None and axes:
            raise LayerFault(
                f"{name} is missing", field=field, hint=f"give {name}, in elements of the bottom"
            )
        values = [default or least]
    if len(values) == 1:
        values *= axes
    if axes and len(values) != axes:
        raise LayerFault(
            f"{name} has {len(values)} numbers; the bottom has {axes} spatial axes",
            field=field,
            hint="give one for all axes, or one for each",
        )
    if any(value < least for value in values):
        raise LayerFault(f"{name} must be at least {least}: got {_times(values)}", field=field)
    return tuple(values[:axes])


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
