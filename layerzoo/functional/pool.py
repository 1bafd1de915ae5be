"""Pooling with Caffe's windows over 1 to 3 spatial axes.

Torch's operators are used directly where they place the same windows; elsewhere (a pad above half the kernel,
windows outside the image) the image is padded first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import torch
from torch.nn import functional as F

from layerzoo.functional.window import Window
from layerzoo.python_source import Operands, same

Uniform = Callable[[Sequence[int], torch.device], torch.Tensor]

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_MASKED = {1: F.max_pool1d_with_indices, 2: F.max_pool2d_with_indices, 3: F.max_pool3d_with_indices}
_AVE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def max_pool(x: torch.Tensor, window: Window, ceil: bool = True) -> torch.Tensor:
    """The maximum of each window, without padding; the lowest finite number for a window outside the image.

    Shapes: x (N, C, spatial...), result (N, C, `Window.pooled`...).
    """
    if torch_agrees(window, ceil):
        return _MAX[x.dim() - 2](x, window.kernel, window.stride, window.pad, 1, ceil)
    padded, _ = _padded(x, window, ceil, torch.finfo(x.dtype).min)
    return _MAX[x.dim() - 2](padded, window.kernel, window.stride)


def max_pool_with_mask(
    x: torch.Tensor, window: Window, ceil: bool = True
) -> tuple[torch.Tensor, torch.Tensor]:
    """`max_pool` and its mask: the index of each maximum in the flattened spatial axes, as a float.

    Among equal maxima the first; -1 for a window outside the image.
    """
    pool = _MASKED[x.dim() - 2]
    if torch_agrees(window, ceil):
        y, at = pool(x, window.kernel, window.stride, window.pad, window.dilation, ceil)
        return y, at.to(_index_type(x))
    padded, _ = _padded(x, window, ceil, torch.finfo(x.dtype).min)
    y, at = pool(padded, window.kernel, window.stride)
    place, inside, step = torch.zeros_like(at), torch.ones_like(at, dtype=torch.bool), 1
    for axis in reversed(range(x.dim() - 2)):
        along = at % padded.shape[axis + 2] - window.pad[axis]
        at = at // padded.shape[axis + 2]
        inside &= (along >= 0) & (along < x.shape[axis + 2])
        place += along * step
        step *= x.shape[axis + 2]
    return y, torch.where(inside, place, -1).to(_index_type(x))


def ave_pool(x: torch.Tensor, window: Window, ceil: bool = True, with_pad: bool = True) -> torch.Tensor:
    """The sum of each window divided by the size of its part inside the padded image; 0 for a window outside.

    Without ``with_pad`` it is the part inside the image itself.

    Shapes: x (N, C, spatial...), result (N, C, `Window.pooled`...).
    """
    axes = x.dim() - 2
    if torch_agrees(window, ceil):
        return _AVE[axes](x, window.kernel, window.stride, window.pad, ceil, with_pad)
    padded, counts = _padded(x, window, ceil, 0, with_pad)
    summed = _AVE[axes](padded, window.kernel, window.stride) * prod(window.kernel)
    for axis, count in enumerate(counts):
        summed = summed / count.reshape(-1, *[1] * (axes - 1 - axis))
    return summed


def stochastic_pool(
    x: torch.Tensor, window: Window, ceil: bool = True, uniform: Uniform | None = None
) -> torch.Tensor:
    """One element of each window, drawn with probability proportional to its value; values must be >= 0.

    Source: Zeiler and Fergus 2013.

    Args:
        x: the image.
        window: kernel, stride and pad.
        ceil: whether to round the number of windows up.
        uniform: returns random numbers in (0, 1], one per window; without it the result is the expected
            value, ``sum(x²) / sum(x)``, and 0 for a window of zeros.

    Shapes: x (N, C, spatial...), result (N, C, `Window.pooled`...).
    """
    windows, _ = _padded(x, window, ceil, 0)
    for axis in range(x.dim() - 2):
        windows = windows.unfold(axis + 2, window.kernel[axis], window.stride[axis])
    windows = windows.flatten(x.dim())
    if uniform is None:
        total = windows.sum(-1)
        safe = torch.where(total > 0, total, 1)
        return torch.where(total > 0, windows.square().sum(-1) / safe, 0)
    with torch.no_grad():
        upto = windows.cumsum(-1, dtype=_index_type(x))
        share = uniform(upto.shape[:-1], x.device).to(upto.dtype)
        chosen = (upto < (share * upto[..., -1]).unsqueeze(-1)).sum(-1, keepdim=True)
    return windows.gather(-1, chosen.clamp_(max=windows.shape[-1] - 1)).squeeze(-1)


def _index_type(x: torch.Tensor) -> torch.dtype:
    """A type with enough precision for the indices of an image: at least float32."""
    return torch.promote_types(x.dtype, torch.float32)


def torch_agrees(window: Window, ceil: bool) -> bool:
    """Whether torch places the same windows: it allows a pad of half the kernel and drops windows outside."""
    if any(first != last for first, last in window.pads):
        return False
    if any(window.pad):
        return all(2 * p <= k for p, k in zip(window.pad, window.kernel, strict=True))
    return not ceil or all(s <= k for s, k in zip(window.stride, window.kernel, strict=True))


def _padded(
    x: torch.Tensor, window: Window, ceil: bool, value: float, with_pad: bool = True
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The image padded or cropped to the windows' extent, and by axis their sizes inside image and pad.

    Without ``with_pad`` the sizes are those inside the image.
    """
    sides: list[int] = []
    counts = []
    sizes = x.shape[2:]
    tops = window.pooled(sizes, ceil)
    for n, k, s, (p, after), top in zip(sizes, window.kernel, window.stride, window.pads, tops, strict=True):
        end = (top - 1) * s + k
        sides[:0] = (p, end - n - p)
        starts = torch.arange(0, end - k + 1, s, device=x.device)
        first, last = (0, n + p + after) if with_pad else (p, n + p)
        counts.append(((starts + k).clamp(max=last) - starts.clamp(min=first)).clamp(min=1))
    return F.pad(x, sides, value=value), counts


def padded_source(window: Window, largest: bool, bottoms: Operands, with_pad: bool = True) -> str:
    """A Python expression for pooling over a padded image, for windows that torch places differently.

    ``with_pad`` as for `ave_pool`.
    """
    x = bottoms.first
    kind = f"F.{'max' if largest else 'avg'}_pool{len(window.kernel)}d"
    sides: list[int] = []
    pads: list[int] = []
    rest: list[int] = []
    for n, k, s, (p, after), count in zip(
        bottoms.shapes[0][2:], window.kernel, window.stride, window.pads, bottoms.tops[0][2:], strict=True
    ):
        end = (count - 1) * s + k
        sides[:0] = (p, end - n - p)
        pads[:0] = (p, after)
        rest[:0] = (0, end - n - p - after)
    how = f"{same(window.kernel)}, {same(window.stride)}"
    if not largest:  # the divisor is the part of the window inside the image and its pad
        ones = f"F.pad(F.pad(torch.ones_like({x}), {tuple(pads)}, value=1.0), {tuple(rest)})"
        if not with_pad:
            ones = f"F.pad(torch.ones_like({x}), {tuple(sides)})"
        share = f"{kind}({ones}, {how}).clamp_min({1 / prod(window.kernel)!r})"
        return f"{kind}(F.pad({x}, {tuple(sides)}), {how}) / {share}"
    lowest = torch.finfo(torch.float32).min
    padded = f"F.pad({x}, {tuple(sides)}, value={lowest!r})"
    return f"{kind}({padded}, {how})"
