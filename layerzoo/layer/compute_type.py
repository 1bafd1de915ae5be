"""The type in which a layer of a mixed-precision net computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MethodType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from layerzoo.layer.blob_params import widen

if TYPE_CHECKING:
    from layerzoo.layer.layer import Layer


@dataclass(frozen=True)
class ComputeType:
    """A layer's forward pass in a type; it does not refer to the layer, of which a copied net has another.

    In a type of 16 bits the pass runs under torch's autocast; in FP32 without it, with its bottoms in FP32.

    Attributes:
        dtype: bfloat16, float16 or float32.
    """

    dtype: torch.dtype

    def __call__(self, layer: Layer, *bottoms: Tensor) -> Any:
        """The tops of a layer."""
        if layer.blob_params:
            widen(layer)
        return self._run(lambda *values: type(layer).forward(layer, *values), bottoms)

    def around(self, call: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """A function of bottoms that computes in the type."""

        def typed(*bottoms: Tensor) -> Tensor:
            made: Tensor = self._run(call, bottoms)
            return made

        return typed

    def _run(self, call: Callable[..., Any], bottoms: tuple[Tensor, ...]) -> Any:
        if not bottoms:
            return call()
        device = bottoms[0].device.type
        if self.dtype == torch.float32:
            with torch.autocast(device, enabled=False):
                return call(*(_widened(bottom) for bottom in bottoms))
        with torch.autocast(device, self.dtype):
            return call(*bottoms)


def compute_in(layer: Layer, dtype: torch.dtype) -> None:
    """Set a layer of a mixed-precision net to compute in a type: bfloat16, float16 or float32."""
    vars(layer)["forward"] = MethodType(ComputeType(dtype), layer)


def compute_type(layer: Layer) -> ComputeType | None:
    """The type that `compute_in` has set; None for a layer whose net has no precision but FP32."""
    kind = getattr(vars(layer).get("forward"), "__func__", None)
    return kind if isinstance(kind, ComputeType) else None


def _widened(bottom: Tensor) -> Tensor:
    return bottom.float() if bottom.dtype in (torch.bfloat16, torch.float16) else bottom
