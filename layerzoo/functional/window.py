"""Windows that slide over an image: where convolution and pooling put them, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layerzoo.errors import LayerFault
from layerzoo.schema import ConvolutionParameter, PoolingParameter

MAX_POOLED_AXES = 3
"""The most spatial axes that pooling runs over."""


class Window(NamedTuple):
    """A window and its steps: one number a spatial axis in each field, in elements of the bottom."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def extent(self) -> tuple[int, ...]:
        """How far the window reaches, its holes included."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def convolved(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """How many windows lie wholly inside a padded image of those spatial sizes.

        Raises:
            LayerFault: none does.
        """
        found = tuple(
            (n + 2 * p - e) // s + 1
            for n, e, s, p in zip(sizes, self.extent, self.stride, self.pad, strict=True)
        )
        if min(found, default=1) < 1:
            raise self._misfit(sizes, "convolution_param.kernel_size")
        return found

    def deconvolved(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """The spatial sizes of the image whose windows an image of ``sizes`` would be.

        Raises:
            LayerFault: the pad leaves nothing of it.
        """
        found = tuple(
            s * (n - 1) + e - 2 * p
            for n, e, s, p in zip(sizes, self.extent, self.stride, self.pad, strict=True)
        )
        if min(found, default=1) < 1:
            raise LayerFault(
                f"pad {_times(self.pad)} leaves nothing of a top made of windows {_times(self.extent)} "
                f"and a bottom {_times(sizes)}",
                field="convolution_param.pad",
                bottom=0,
            )
        return found

    def pooled(self, sizes: Sequence[int], ceil: bool) -> tuple[int, ...]:
        """How many windows pooling puts over an image of those spatial sizes.

        Rounded up, the last window may reach past the image. Only where there is padding (along any axis),
        one that would start past the image and its padding before it is dropped; so with a stride larger
        than the kernel and no pad, the last window may lie outside.

        Raises:
            LayerFault: no window fits.
        """
        found = []
        for n, k, s, p in zip(sizes, self.kernel, self.stride, self.pad, strict=True):
            room = n + 2 * p - k
            count = (-(-room // s) if ceil else room // s) + 1
            found.append(count - (any(self.pad) and (count - 1) * s >= n + p))
        if min(found, default=1) < 1:
            raise self._misfit(sizes, "pooling_param.kernel_size")
        return tuple(found)

    def _misfit(self, sizes: Sequence[int], field: str) -> LayerFault:
        return LayerFault(
            f"a window of {_times(self.extent)} doesn't fit into a bottom of {_times(sizes)} "
            f"with a pad of {_times(self.pad)}",
            field=field,
            bottom=0,
            hint="make the kernel smaller or the pad larger, or check the layers before for strides",
        )


def convolution_window(p: ConvolutionParameter, axes: int) -> Window:
    """The window that a ``convolution_param`` asks for over so many spatial axes.

    Raises:
        LayerFault: a number is missing, zero, given twice, or there are too many or too few.
    """

    def numbers(field: str, h: str, w: str, default: int | None, least: int) -> tuple[int, ...]:
        pair = (getattr(p, h), getattr(p, w)) if p.HasField(h) or p.HasField(w) else None
        return _per_axis(list(getattr(p, field)), pair, axes, default, least, f"convolution_param.{field}")

    return Window(
        numbers("kernel_size", "kernel_h", "kernel_w", None, 1),
        numbers("stride", "stride_h", "stride_w", 1, 1),
        numbers("pad", "pad_h", "pad_w", 0, 0),
        _per_axis(list(p.dilation), None, axes, 1, 1, "convolution_param.dilation"),
    )


def pooling_window(p: PoolingParameter, shape: Sequence[int]) -> Window:
    """The window that a ``pooling_param`` asks for over a bottom (N, C, spatial...).

    ``kernel_shape``, ``stride_shape`` and ``pad_shape`` say one number an axis; Caffe's own fields say one
    for all axes, or two.

    Raises:
        LayerFault: a number is missing, zero, given twice, or there are too many or too few; the pad is as
            large as the kernel; the bottom has no spatial axes, or more than torch pools over.
    """
    axes = len(shape) - 2
    if not 1 <= axes <= MAX_POOLED_AXES:
        raise LayerFault(
            f"a bottom of shape {tuple(shape)} can't be pooled",
            bottom=0,
            hint=f"pooling takes 4 axes (N, C, H, W), and anything from 3 to {MAX_POOLED_AXES + 2}",
        )

    def numbers(what: str, field: str, default: int | None, least: int) -> tuple[int, ...]:
        h, w = f"{what}_h", f"{what}_w"
        pair = (getattr(p, h), getattr(p, w)) if p.HasField(h) or p.HasField(w) else None
        given = list(getattr(p, f"{what}_shape"))
        if p.HasField(field) and given:
            raise LayerFault(
                f"both {field} and {what}_shape are given",
                field=f"pooling_param.{what}_shape",
                hint="say it in one of them",
            )
        given = given or ([getattr(p, field)] if p.HasField(field) else [])
        return _per_axis(given, pair, axes, default, least, f"pooling_param.{field}")

    stride, pad = numbers("stride", "stride", 1, 1), numbers("pad", "pad", 0, 0)
    if p.global_pooling:
        asked = [f.name for f, _ in p.ListFields() if f.name.startswith("kernel_")]
        if asked:
            raise LayerFault("global_pooling takes no kernel", field=f"pooling_param.{asked[0]}")
        if any(pad) or any(s != 1 for s in stride):
            raise LayerFault(
                "global_pooling takes no pad and no stride", field="pooling_param.global_pooling"
            )
        return global_window(shape[2:])
    window = Window(numbers("kernel", "kernel_size", None, 1), stride, pad, (1,) * axes)
    check_pooling_pad(window, p.pool == PoolingParameter.STOCHASTIC, "pooling_param.pad")
    return window


def global_window(sizes: Sequence[int]) -> Window:
    """One window that covers an image of those spatial sizes."""
    ones = (1,) * len(sizes)
    return Window(tuple(sizes), ones, (0,) * len(sizes), ones)


def check_pooling_pad(window: Window, stochastic: bool, field: str) -> None:
    """Refuse padding that could fill a whole window, and any at all where a window is sampled from.

    Raises:
        LayerFault: the padding is refused; ``field`` says where it was given.
    """
    if any(p >= k for p, k in zip(window.pad, window.kernel, strict=True) if any(window.pad)):
        raise LayerFault(
            f"a pad of {_times(window.pad)} is as large as the kernel {_times(window.kernel)}",
            field=field,
            hint="the pad must be smaller than the kernel",
        )
    if stochastic and any(window.pad):
        raise LayerFault("STOCHASTIC pooling takes no pad", field=field)


def _per_axis(
    given: list[int], pair: tuple[int, int] | None, axes: int, default: int | None, least: int, field: str
) -> tuple[int, ...]:
    """One number an axis out of what a message says: one for all, one for each, or a height and a width."""
    name = field.rpartition(".")[2]
    if pair is not None:
        stem = name.removesuffix("_size")
        if given:
            raise LayerFault(
                f"{name} is given beside {stem}_h or {stem}_w", field=field, hint="give one of them"
            )
        if axes != 2:
            raise LayerFault(
                f"{stem}_h and {stem}_w are for 2 spatial axes; the bottom has {axes}",
                field=f"{field.rpartition('.')[0]}.{stem}_h",
                hint=f"give {name}",
            )
        given = list(pair)
    elif not given:
        if default is None and axes:
            raise LayerFault(
                f"{name} is missing", field=field, hint=f"give {name}, in elements of the bottom"
            )
        given = [default or least]
    if len(given) == 1:
        given *= axes
    if axes and len(given) != axes:
        raise LayerFault(
            f"{name} has {len(given)} numbers; the bottom has {axes} spatial axes",
            field=field,
            hint="give one for all axes, or one for each",
        )
    if min(given, default=least) < least:
        raise LayerFault(f"{name} must be at least {least}: got {_times(given)}", field=field)
    return tuple(given[:axes])


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
