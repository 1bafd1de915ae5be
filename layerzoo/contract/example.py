"""Examples of layers for the contract's checks: message, bottoms and values of params."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import torch
from torch import Tensor

from layerzoo.errors import ContractError, LayerFault
from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.loader import parse_net
from layerzoo.schema import TRAIN, LayerParameter

SEED: Final = 7
_SHAPES: Final[tuple[Shape, ...]] = ((3, 4), (2, 3, 4, 5), (3, 2, 4), (3,), ())
"""Shapes to try for bottoms, in this order: first the same for all bottoms, then mixtures."""
_MAX_BOTTOMS: Final = 4


@dataclass
class Example:
    """A layer as a net would build it.

    Attributes:
        source: origin of the example, for messages.
        param: the layer's message, with its phase.
        bottoms: values of the bottoms.
        params: values of the param blobs; None keeps their initial values.
        prepare: function called with the layer before it runs.
    """

    source: str
    param: LayerParameter
    bottoms: list[Tensor]
    params: Sequence[Tensor] | None = None
    prepare: Callable[[Layer], object] | None = None

    @property
    def kind(self) -> type[Layer]:
        """The layer's class."""
        return LAYERS[self.param.type]

    @property
    def shapes(self) -> list[Shape]:
        """Shapes of the bottoms."""
        return [tuple(blob.shape) for blob in self.bottoms]

    def layer(
        self, dtype: torch.dtype = torch.float32, shapes: Sequence[Shape] | None = None, seed: int = SEED
    ) -> Layer:
        """Build the layer; for bottoms of ``shapes`` unless that is None."""
        layer = self.kind.build(self.param, self.shapes if shapes is None else shapes, seed)
        layer.fill_params(seed)
        for blob, value in zip(layer.blobs, self.params or (), strict=bool(self.params)):
            blob.data.copy_(value)
        if self.prepare is not None:
            self.prepare(layer)
        return layer.to(dtype)


def run(layer: Layer, bottoms: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Run a forward pass, then close the layer if it reads data."""
    tops = layer(*bottoms)
    close = getattr(layer, "close", None)
    if layer.is_data and callable(close):
        close()
    return tops if isinstance(tops, tuple) else (tops,)


def distinct(shape: Shape) -> Tensor:
    """Distinct values between -1 and 1, none near 0, so that none is near a kink."""
    count = torch.Size(shape).numel()
    order = torch.randperm(count, generator=torch.Generator().manual_seed(SEED))
    return ((order + 0.5) / count * 2 - 1).reshape(shape)


def nudged(blob: Tensor) -> Tensor:
    """A blob moved off kinks at equal values; a blob of integers (labels, indices) is left unchanged."""
    whole = torch.equal(blob, blob.round())
    return blob if whole else blob + 1e-3 * distinct(tuple(blob.shape))


def example_of(kind: type[Layer], inside: str = "") -> Example:
    """An example of a registered class, with small bottoms of shapes that it accepts.

    Args:
        kind: the class.
        inside: fields of the layer, as prototxt; if empty, those of the class's ``example``.

    Raises:
        ContractError: it accepts none of the shapes that are tried.
    """
    if not inside and kind.example and kind.messages:
        inside = f"{kind.messages[0]} {{ {kind.example} }}"
    text = f'layer {{ name: "example" type: "{kind.type_name}" {inside} }}'
    param = parse_net(text).message.layer[0]
    param.phase = TRAIN
    last: LayerFault | None = None
    most = _MAX_BOTTOMS if kind.bottoms.max is None else kind.bottoms.max
    for count in range(kind.bottoms.min, max(most, kind.bottoms.min) + 1):
        for shapes in _choices(count):
            for tops in _top_counts(kind, count):
                tried = LayerParameter()
                tried.CopyFrom(param)
                tried.bottom.extend(f"x{i}" for i in range(count))
                tried.top.extend(f"y{i}" for i in range(tops))
                try:
                    kind.top_shapes(tried, shapes)
                    kind.all_params(tried, shapes)
                except LayerFault as fault:
                    last = fault
                    continue
                return Example("its example", tried, [distinct(shape) for shape in shapes])
    raise ContractError(
        f"no example of {kind.type_name}: {last}; name a net with such a layer with -model, "
        "or give the fields that it needs in the class's 'example'"
    )


def _choices(count: int) -> Iterator[Sequence[Shape]]:
    yield from ([shape] * count for shape in _SHAPES[: len(_SHAPES) if count else 1])
    if count > 1:
        yield from product(_SHAPES, repeat=count)


def _top_counts(kind: type[Layer], bottoms: int) -> Sequence[int]:
    if kind.as_many_tops:
        return [bottoms]
    most = kind.tops.max if kind.tops.max is not None else max(kind.tops.min, 2)
    return [n for n in dict.fromkeys((max(1, kind.tops.min), kind.tops.min, 2)) if kind.tops.min <= n <= most]
