"""Protocols of the facts that the graph reads from a layer type; layer classes implement them."""

# ruff: noqa: D102 (the members are documented in `layerzoo.layer.Layer`)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from layerzoo.schema import FillerParameter, LayerParameter, ParamSpec

Shape = tuple[int, ...]


class Range(Protocol):
    """A number of bottoms or tops: from ``min`` to ``max``; None means no upper bound."""

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
    @property
    def path(self) -> str: ...
    @property
    def spec(self) -> ParamSpec | None: ...


def param_label(layer: str, own: ParamFacts) -> str:
    """The name of a param in reports: ``ip.weight``; ``decoder/gru.weight`` of a layer that runs others."""
    if not own.path:
        return f"{layer}.{own.name}"
    return f"{layer}/{own.path}.{own.name.rpartition('.')[2]}"


class GradientStops(NamedTuple):
    """Bottoms and tops at which a layer stops the gradient, although its tops depend on the bottoms.

    Attributes:
        bottoms: indices of the bottoms that receive no gradient.
        tops: indices of the tops whose gradient is not propagated.
        hint: the reason, and the field that lets the gradient pass.
    """

    bottoms: tuple[int, ...] = ()
    tops: tuple[int, ...] = ()
    hint: str | None = None


class LayerType(Protocol):
    """The facts of one layer type; `layerzoo.layer.Layer` documents them."""

    @property
    def type_name(self) -> str: ...
    @property
    def bottoms(self) -> Range: ...
    @property
    def tops(self) -> Range: ...
    @property
    def as_many_tops(self) -> bool: ...
    @property
    def asks_for_surrogate(self) -> bool: ...
    @property
    def messages(self) -> tuple[str, ...]: ...
    @property
    def ignores(self) -> Mapping[str, str]: ...
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
    @property
    def fixed_params(self) -> str: ...

    def unread(self, param: LayerParameter, /) -> Mapping[str, str]: ...
    def missing(self, param: LayerParameter, /) -> str | None: ...
    def replacement(self, param: LayerParameter, /) -> str | None: ...
    def top_shapes(self, param: LayerParameter, bottoms: Sequence[Shape], /) -> Sequence[Shape]: ...
    def all_params(self, param: LayerParameter, bottoms: Sequence[Shape], /) -> Sequence[ParamFacts]: ...
    def default_loss_weight(self, param: LayerParameter, /) -> float: ...
    def gradient_stops(self, param: LayerParameter, /) -> GradientStops: ...
    def surrogate_gradient(self, param: LayerParameter, /) -> str | None: ...
    def check(self, param: LayerParameter, bottoms: Sequence[Shape], /) -> Sequence[str]: ...
    def inner_runs(self, param: LayerParameter, bottoms: Sequence[Shape], /) -> Sequence[Any]: ...
    def macs(self, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape], /) -> int: ...


Unknown = Literal["error", "stub", "show"]
"""How to treat a layer that can't be built because its type is unknown or its code is missing.

``error``: report a fault. ``stub``: leave out the layer and all layers that depend on it. ``show``: keep a
layer whose code is missing, with unknown shapes below it, for a net that is shown and not run.
"""


class LayerTypes(Protocol):
    """Layer types by name; an unknown name raises `registry.UnknownNameError`."""

    def __getitem__(self, name: str, /) -> LayerType: ...
