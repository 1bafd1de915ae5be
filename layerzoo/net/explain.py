"""Add the layer, and its position in the config, to an error of a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError, DataError, Fault, LayerFault
from layerzoo.graph import GraphLayer
from layerzoo.layer import Layer


def explain(
    error: Exception, layer: GraphLayer, bottoms: Iterable[object], sources: Sequence[Layer] = ()
) -> None:
    """Add to an error which layer raised it and where it stands.

    Args:
        error: the error.
        layer: the layer.
        bottoms: the shapes it was given.
        sources: the data layers of the net, to name the sample that has a wrong label.

    Raises:
        ConfigError: in place of a fault of the layer that shows only when it reads its data.
    """
    origin = layer.origin()
    if isinstance(error, DataError):
        error.locate(layer.name, layer.origin(next(iter(layer.kind.path_fields), "")))
        if layer.kind.is_data and not layer.param.reading_param.HasField("on_error"):
            error.advise("mend or remove it, or leave it out by reading_param { on_error: SKIP }")
        _name_sample(error, sources)
        return
    if isinstance(error, LayerFault):
        at = layer.origin(error.field or "")
        raise ConfigError(Fault(error.message, at, error.hint, layer.name)) from None
    where = f", {origin}" if origin else ""
    shapes = ", ".join(map(str, bottoms)) or "none"
    error.add_note(f"in layer '{layer.name}' ({layer.param.type}{where}), bottoms: {shapes}")


def _name_sample(error: DataError, layers: Sequence[Layer]) -> None:
    """Add to an error of a layer that found a wrong value in a batch which sample has it."""
    if error.row is None:
        return
    names = (layer.sample_name(error.row) for layer in layers if isinstance(layer, DataLayer))
    known = [name for name in names if name is not None]
    if known:
        error.add_note(f"    it is that of {' or '.join(known)}; mend the source, or the number of classes")
