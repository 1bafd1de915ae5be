"""Check the fillers that a layer's message gives."""

from __future__ import annotations

from collections.abc import Sequence

from layerzoo.errors import LayerFault
from layerzoo.filler import check_filler
from layerzoo.graph.param_blobs import blob_slots
from layerzoo.layer.own_params import OwnParam
from layerzoo.schema import FillerParameter, LayerParameter, part_of


def check_fillers(param: LayerParameter, messages: Sequence[str], params: Sequence[OwnParam]) -> None:
    """Check the fillers of a layer.

    Args:
        param: the layer's message.
        messages: the fields of it that the layer reads.
        params: the params that it declares.

    Raises:
        LayerFault: a filler can't fill its param, or is given for one that is a blob of the net.
    """
    blobs = blob_slots(param)
    for index, own in enumerate(params):
        if own.filler is None:
            continue
        path = _path_of(own.filler, param, messages)
        if index not in blobs:
            check_filler(own.filler, own.shape, path or messages[0])
        elif path is not None:
            raise LayerFault(
                f"a filler of param '{own.name}', which is the blob '{blobs[index]}'",
                field=path,
                hint="set it in the layer that computes the blob",
            )


def _path_of(filler: FillerParameter, param: LayerParameter, messages: Sequence[str]) -> str | None:
    """The dotted path of a filler in the layer's message; None if the message doesn't give it."""
    parts = ((name, part_of(param, name)) for name in messages)
    values = ((name, *pair) for name, part in parts if part is not None for pair in part.ListFields())
    return next((f"{name}.{field.name}" for name, field, value in values if value is filler), None)
