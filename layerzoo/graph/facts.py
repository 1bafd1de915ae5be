"""What the graph must know of a layer type; layer classes answer it."""

# ruff: noqa: D102 (what each member means stands at `layerzoo.layer.Layer`)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from layerzoo.schema import FillerParameter, LayerParameter

Shape = tuple[int, ...]


class Range(Protocol):
    """How many bottoms or tops: from ``min`` to ``max``; None is any number."""

    @property
    def min(self) -> int: ...
    @property
    def max(self) -> int | None: ...


class ParamFacts(Protocol):
    """A param blob that a layer owns."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def filler(self) -> FillerParameter | None: ...
    @property
    def learns(self) -> bool: ...
    @property
    def made(self) -> bool: ...


class GradientStops(NamedTuple):
    """Where a layer passes no gradient on, though its tops depend on it.

    Attributes:
        bottoms: indices of the bottoms that get no gradient.
        tops: indices of the tops whose gradient goes nowhere.
        hint: why, and what to set for a gradient to pass.
    """

    bottoms: tuple[int, ...] = ()
    tops: tuple[int, ...] = ()
    hint: str | None = None


class LayerType(Protocol):
    """The facts of one layer type; `layerzoo.layer.Layer` says what each means."""

    @property
    def type_name(self) -> str: ...
    @property
    def bottoms(self) -> Range: ...
    @property
    def tops(self) -> Range: ...
    @property
    def as_many_tops(self) -> bool: ...
    @property
    def messages(self) -> tuple[str, ...]: ...
    @property
    def path_fields(self) -> tuple[str, ...]: ...
    @property
    def is_loss(self) -> bool: ...
    @property
    def is_data(self) -> bool: ...
    @property
    def is_input(self) -> bool: ...
    @property
    def without_gradient(self) -> tuple[int, ...]: ...
    @property
    def may_be_in_place(self) -> bool: ...
    @property
    def stays_fp32(self) -> bool: ...

    def unread(self, param: LayerParameter, /) -> Mapping[str, str]: ...
    def missing(self, param: LayerParameter, /) -> str | None: ...
    def top_shapes(self, param: LayerParameter, bottoms: Sequence[Shape], /) -> Sequence[Shape]: ...
    def all_params(self, param: LayerParameter, bottoms: Sequence[Shape], /) -> Sequence[ParamFacts]: ...
    def gradient_stops(self, param: LayerParameter, /) -> GradientStops: ...
    def check(self, param: LayerParameter, bottoms: Sequence[Shape], /) -> Sequence[str]: ...
    def macs(self, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape], /) -> int: ...


Unknown = Literal["error", "stub", "show"]
"""What becomes of a layer that can't be built, as its type is unknown or its code is not there.

``error``: a fault. ``stub``: it is left out, with all that hang on it. ``show``: one whose code is not there
stays, and the shapes below it are unknown, for a net that is looked at and not run.
"""


class LayerTypes(Protocol):
    """Layer types by name; asking for an unknown one raises `registry.UnknownNameError`."""

    def __getitem__(self, name: str, /) -> LayerType: ...
