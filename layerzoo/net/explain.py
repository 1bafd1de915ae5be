"""Add the layer, and its position in the config, to an error of a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from layerzoo.data import DataLayer
from layerzoo.errors import ConfigError, DataError, Fault
from layerzoo.graph import Graph, GraphLayer
from layerzoo.layer import Layer
from layerzoo.memory.device import is_out_of_memory
from layerzoo.plan import locate


def explain(
    error: Exception,
    layer: GraphLayer,
    bottoms: Iterable[object],
    sources: Sequence[Layer] = (),
    graph: Graph | None = None,
) -> None:
    """Add to an error which layer raised it and where it stands.

    Args:
        error: the error.
        layer: the layer.
        bottoms: the shapes it was given.
        sources: the data layers of the net, to name the sample that has a wrong label.
        graph: the net's graph, to compare the shapes with those that it was built for.

    Raises:
        ConfigError: in place of a fault of the layer that shows only when it reads its data, or of a partial
            batch that not all bottoms follow.
    """
    bottoms = list(bottoms)
    if graph is not None and isinstance(error, RuntimeError | ValueError | IndexError):
        _check_batch(error, layer, bottoms, graph)
    locate(error, layer, layer.name, bottoms)
    if isinstance(error, DataError):
        if layer.kind.is_data and not layer.param.reading_param.HasField("on_error"):
            error.advise("mend or remove it, or leave it out by reading_param { on_error: SKIP }")
        _name_sample(error, sources)


def _check_batch(error: Exception, layer: GraphLayer, bottoms: Sequence[object], graph: Graph) -> None:
    """Raise if some bottoms have another batch size than the net was built for, and others don't."""
    if hasattr(error, "users_traceback") or is_out_of_memory(error):
        return  # these are explained by themselves
    blobs = [graph.blobs[index] for index in layer.bottoms]
    pairs = [
        (blob.name, given, blob.shape)
        for blob, given in zip(blobs, bottoms, strict=False)
        if isinstance(given, tuple) and blob.shape and len(given) == len(blob.shape)
    ]
    other = [(name, given, built) for name, given, built in pairs if given != built]
    fixed = [name for name, given, built in pairs if given == built]
    if fixed and other and all(given[1:] == built[1:] for _, given, built in other):
        name, given, built = other[0]
        message = (
            f"blob '{name}' has {given[0]} samples in this batch in place of {built[0]}, but "
            f"'{fixed[0]}' doesn't follow: {str(error).partition(chr(10))[0]}"
        )
        hint = (
            "the last batch of a data set may be partial: compute the other blob from one that the data "
            "layer makes, take a batch_size that divides the set, or give test_iter"
        )
        raise ConfigError(Fault(message, layer.origin(), hint, layer.name)) from error


def _name_sample(error: DataError, layers: Sequence[Layer]) -> None:
    """Add to an error of a layer that found a wrong value in a batch which sample has it."""
    if error.row is None:
        return
    names = (layer.sample_name(error.row) for layer in layers if isinstance(layer, DataLayer))
    known = [name for name in names if name is not None]
    if known:
        error.add_note(f"    it is that of {' or '.join(known)}; mend the source, or the number of classes")
