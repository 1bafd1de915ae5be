"""Add the layer, and its position in the config, to an error of a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from layerzoo.data import DataLayer
from layerzoo.errors import DataError
from layerzoo.graph import GraphLayer
from layerzoo.layer import Layer
from layerzoo.plan import locate


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
    locate(error, layer, layer.name, bottoms)
    if isinstance(error, DataError):
        if layer.kind.is_data and not layer.param.reading_param.HasField("on_error"):
            error.advise("mend or remove it, or leave it out by reading_param { on_error: SKIP }")
        _name_sample(error, sources)


def _name_sample(error: DataError, layers: Sequence[Layer]) -> None:
    """Add to an error of a layer that found a wrong value in a batch which sample has it."""
    if error.row is None:
        return
    names = (layer.sample_name(error.row) for layer in layers if isinstance(layer, DataLayer))
    known = [name for name in names if name is not None]
    if known:
        error.add_note(f"    it is that of {' or '.join(known)}; mend the source, or the number of classes")
