"""DummyData: synthetic blobs, for timing and testing nets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import torch

from layerzoo.errors import LayerFault
from layerzoo.filler import FIXED, check_filler, fill
from layerzoo.layer import Layer, Shape, at_least, exactly, register
from layerzoo.schema import FillerParameter, LayerParameter

T = TypeVar("T")

_KEPT: Final = ("constant", "values")
"""Fillers whose blobs are made once, when the net is built."""


@register
class DummyData(Layer):
    """Blobs from fillers: fixed values are filled once, random ones at each forward pass.

    ``data_filler`` and ``shape`` are given once for all tops or once for each; without ``data_filler`` the
    blobs are zeros. ``num``, ``channels``, ``height`` and ``width`` are the old fields for a shape of 4 axes.
    Processes that train together share the rows of a random blob as large as theirs together.

    Shapes: no bottoms, tops of ``shape``. Source: Caffe's ``dummy_data_layer``.

    Attributes:
        device: the device of the blobs.
    """

    family = "data"
    self_contained = True
    no_gradient = "it generates data and has no bottoms"
    example = 'shape { dim: 10 dim: 3 dim: 32 dim: 32 } data_filler { type: "gaussian" }'
    bottoms = exactly(0)
    tops = at_least(1)
    messages = ("dummy_data_param",)
    is_data = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.device = torch.device("cpu")
        self.shapes = self.top_shapes(param, bottom_shapes)
        self.fillers = _for_each(
            list(param.dummy_data_param.data_filler) or [FillerParameter()], len(self.shapes), "data_filler"
        )
        self._constant: dict[tuple[int, torch.device], torch.Tensor] = {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, tops = param.dummy_data_param, max(1, len(param.top))
        legacy = {name: list(getattr(p, name)) for name in ("num", "channels", "height", "width")}
        if p.shape and any(legacy.values()):
            raise LayerFault(
                "both shape and num, channels, height, width are given", field="dummy_data_param.shape"
            )
        if p.shape:
            shapes = _for_each([tuple(shape.dim) for shape in p.shape], tops, "shape")
        else:
            axes = [_for_each(sizes, tops, name) for name, sizes in legacy.items()]
            shapes = [tuple(shape) for shape in zip(*axes, strict=True)]
        for shape in shapes:
            if min(shape, default=1) < 1:
                raise LayerFault(
                    f"a shape of {shape}: each axis must be at least 1", field="dummy_data_param.shape"
                )
        fillers = _for_each(list(p.data_filler) or [FillerParameter()], tops, "data_filler")
        for filler, shape in zip(fillers, shapes, strict=True):
            check_filler(filler, shape, "dummy_data_param.data_filler")
        return shapes

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        return "in a pass"

    def initial_tops(self) -> Sequence[torch.Tensor | None]:
        return [
            self._make(index) if filler.type in _KEPT else None for index, filler in enumerate(self.fillers)
        ]

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        fillers = param.dummy_data_param.data_filler
        random = [filler.type for filler in fillers if filler.type not in FIXED]
        return f"data_filler '{random[0]}' is random" if random else None

    def forward(self) -> torch.Tensor | tuple[torch.Tensor, ...]:
        tops = tuple(self._make(index) for index in range(len(self.shapes)))
        return tops if len(tops) != 1 else tops[0]

    def _make(self, index: int) -> torch.Tensor:
        filler, key = self.fillers[index], (index, self.device)
        if key in self._constant:
            return self._constant[key]
        shape, ranks = self.shapes[index], self.clock.ranks
        dealt = ranks > 1 and filler.type not in FIXED and len(shape) > 0
        blob = torch.empty((shape[0] * ranks, *shape[1:]) if dealt else shape, device=self.device)
        if filler.type in _KEPT:
            self._constant[key] = blob
        fill(blob, filler, self.generator(self.device, f"top {index}", joint=True))
        return blob[self.clock.rank :: ranks].contiguous() if dealt else blob


def _for_each(values: list[T], tops: int, field: str) -> list[T]:
    """One value per top; a single value is for all tops."""
    if len(values) not in {1, tops}:
        raise LayerFault(
            f"{len(values)} of {field} for {tops} tops",
            field=f"dummy_data_param.{field}",
            hint="give one for all tops, or one for each",
        )
    return values * tops if len(values) == 1 else values
