"""Convolutions with the affine maps, activations and sums that follow them, for fixed params."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from layerzoo.errors import UsageError
from layerzoo.functional.layout import channels_last, has_onednn, is_channels_last
from layerzoo.layer import Activation, Filters, Layer


class Folded:
    """An operation over params that are folded into it.

    Args:
        layers: the layers that it computes, in order.

    Attributes:
        layers: these layers.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)

    def refold(self) -> None:
        """Forget what was folded; the next pass folds the params anew."""
        raise NotImplementedError

    def __call__(self, *bottoms: Any) -> Tensor:
        """The top for its bottoms."""
        raise NotImplementedError


class FoldedConvolution(Folded):
    """A convolution, affine maps of its channels, the sum with another blob, and an activation.

    Args:
        layers: the layer of filters, then those of affine maps.
        activation: what follows the maps and the sum, if anything.
        last: whether blobs are in channels-last.
        overwrites: the sum is written to the other blob.

    Attributes:
        frees: free the param of the filters once they are folded; nothing else may read it.
        freed: it has been freed, and the folded filters are the only ones.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        activation: Activation | None = None,
        last: bool = True,
        overwrites: bool = False,
    ) -> None:
        super().__init__(layers)
        self.activation = activation
        self.last, self.overwrites = last, overwrites
        filters = layers[0].filters()
        self._sides = () if filters is None else filters.sides
        self._filters: Filters | None = None
        self._size: torch.Size | None = None
        self.frees = self.freed = False

    def refold(self) -> None:
        """Forget the folded filters, unless they are the only ones."""
        if not self.freed:
            self._filters = self._size = None

    @property
    def nbytes(self) -> int:
        """Bytes of the folded filters; 0 before the first pass."""
        if self._filters is None:
            return 0
        return sum(part.numel() * part.element_size() for part in self._filters[:2] if part is not None)

    def __call__(self, x: Tensor, other: Tensor | None = None, /) -> Tensor:
        """The top for a bottom, and for the blob that is added to it."""
        x = channels_last(x) if self.last else x
        if self._sides:
            x = F.pad(x, self._sides)
        if self._filters is None or self._size != x.shape:
            self._filters = self._fold(x)
            self._size = x.shape
        weight, bias, stride, pad, dilation, group, _ = self._filters
        if not weight.is_mkldnn:
            return self._finish(F.conv2d(x, weight, bias, stride, pad, dilation, group), other)
        act, numbers = (
            ("none", []) if self.activation is None else (self.activation[0], list(self.activation[1]))
        )
        if other is None:
            plain = torch.ops.mkldnn._convolution_pointwise
            return cast(Tensor, plain(x, weight, bias, pad, stride, dilation, group, act, numbers, ""))
        unary = None if self.activation is None else act
        if self.overwrites and other.shape[1] > 1 and is_channels_last(other) == is_channels_last(x):
            into = torch.ops.mkldnn._convolution_pointwise_.binary
            return cast(
                Tensor,
                into(other, x, weight, bias, pad, stride, dilation, group, "add", 1.0, unary, numbers, None),
            )
        y = torch.ops.mkldnn._convolution_pointwise(
            x, weight, bias, pad, stride, dilation, group, "none", [], ""
        )
        return self._finish(y, other)

    def _finish(self, y: Tensor, other: Tensor | None) -> Tensor:
        y = y if other is None else y.add_(other)
        return y if self.activation is None else self.activation.overwrite(y)

    def _fold(self, x: Tensor) -> Filters:
        filters = self._unpacked()
        weight, bias, stride, pad, dilation, group, sides = filters
        if x.device.type == "cpu" and x.dtype == torch.float32 and has_onednn():
            weight = _packed(weight, filters, x.shape)
        else:
            weight = weight.to(memory_format=torch.channels_last) if self.last else weight
        if self.frees and not self.freed:
            self._free(weight)
        return Filters(weight, bias, stride, pad, dilation, group, sides)

    def _unpacked(self) -> Filters:
        """The filters with the maps folded into them, in Caffe's order or channels-last."""
        if self.freed:
            assert self._filters is not None
            weight = self._filters.weight
            return self._filters._replace(weight=weight.to_dense() if weight.is_mkldnn else weight)
        filters = self.layers[0].filters()
        assert filters is not None
        check_held(filters.weight)
        weight, bias = fold_maps(filters.weight.detach(), filters.bias, self.layers[1:])
        return filters._replace(weight=weight, bias=bias)

    def _free(self, folded: Tensor) -> None:
        """Free the param of the filters, if it isn't their memory that is used."""
        filters = self.layers[0].filters()
        assert filters is not None
        if folded.is_mkldnn or folded.data_ptr() != filters.weight.data_ptr():
            with torch.inference_mode(False):
                filters.weight.data = filters.weight.new_empty(0)
            self.freed = True


class FoldedMap(Folded):
    """Affine maps of channels, and an activation.

    Args:
        layers: the layers of the maps.
        activation: what follows, if anything.
    """

    def __init__(self, layers: Sequence[Layer], activation: Activation | None = None) -> None:
        super().__init__(layers)
        self.activation = activation
        self._map: tuple[Tensor, Tensor] | None = None

    def refold(self) -> None:
        """Forget the folded map."""
        self._map = None

    def __call__(self, x: Tensor, /) -> Tensor:
        """The top for a bottom."""
        if self._map is None:
            ones = x.new_ones(x.shape[1])
            scale, offset = fold_maps(ones, None, self.layers)
            self._map = scale, ones * 0 if offset is None else offset
        scale, offset = (part.view(-1, *[1] * (x.dim() - 2)) for part in self._map)
        y = torch.addcmul(offset, x, scale)
        return y if self.activation is None else self.activation.overwrite(y)


def fold_maps(weight: Tensor, bias: Tensor | None, layers: Sequence[Layer]) -> tuple[Tensor, Tensor | None]:
    """Fold affine maps of channels into weights of outputs.

    Args:
        weight: (outputs, ...).
        bias: (outputs), or None.
        layers: the layers of the maps, in order.
    """
    scale, offset = None, bias if bias is None else bias.detach().double()
    for layer in layers:
        found = layer.channel_map()
        assert found is not None
        if found.scale is not None:
            factor = found.scale.detach().double()
            scale = factor if scale is None else scale * factor
            offset = None if offset is None else offset * factor
        if found.offset is not None:
            offset = found.offset.detach().double() if offset is None else offset + found.offset.detach()
    if scale is not None:
        weight = weight * scale.to(weight.dtype).view(-1, *[1] * (weight.dim() - 1))
    return weight, None if offset is None else offset.to(weight.dtype)


def check_held(weight: Tensor) -> None:
    """Check that a net still has the weights of its params.

    Raises:
        UsageError: they were freed (`layerzoo.net.free_folded_params`).
    """
    if not weight.numel():
        raise UsageError(
            "the net holds its weights only packed, for passes without gradients that return its outputs; "
            "load it again for anything else"
        )


def _packed(weight: Tensor, filters: Filters, size: Sequence[int]) -> Tensor:
    """Filters in the order in memory that oneDNN wants for bottoms of a size."""
    pack: Callable[..., Tensor] = torch._C._nn.mkldnn_reorder_conv2d_weight
    _, _, stride, pad, dilation, group, _ = filters
    return pack(weight.contiguous().to_mkldnn(), pad, stride, dilation, group, list(size))
