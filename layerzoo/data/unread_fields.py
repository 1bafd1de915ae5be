"""Fields of data layers' messages that do nothing, for `layerzoo.layer.Layer.ignores`."""

from __future__ import annotations

from layerzoo.schema import DataParameter

_TRANSFORM = ("scale", "mean_file", "crop_size", "mirror")


def moved_to_transform(message: str, *fields: str) -> dict[str, str]:
    """The fields of a data layer's message, all unless named, that stand in ``transform_param`` today.

    Config files that have the old ones are upgraded; a message built in memory is not.
    """
    return {f"{message}.{name}": f"give transform_param.{name}" for name in fields or _TRANSFORM}


def all_but_prefetch(own: str) -> dict[str, str]:
    """The fields of ``data_param`` in a layer that reads its ``prefetch`` alone.

    Args:
        own: the layer's own message.
    """
    why = f"of data_param it reads prefetch alone; the rest belongs in {own}"
    names = (field.name for field in DataParameter.DESCRIPTOR.fields)
    return {f"data_param.{name}": why for name in names if name != "prefetch"}
