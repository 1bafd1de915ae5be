"""Fields of data layers' messages that are not read, for `layerzoo.layer.Layer.ignores`."""

from __future__ import annotations

from layerzoo.schema import DataParameter

_TRANSFORM = ("scale", "mean_file", "crop_size", "mirror")


def moved_to_transform(message: str, *fields: str) -> dict[str, str]:
    """The fields of a data layer's message that moved to ``transform_param``, with the fix for each.

    Config files with the old fields are upgraded; messages built in memory are not.

    Args:
        message: name of the layer's message, such as ``data_param``.
        fields: names of the fields; all that moved by default.
    """
    return {f"{message}.{name}": f"give transform_param.{name}" for name in fields or _TRANSFORM}


def without_boxes() -> dict[str, str]:
    """The fields of ``transform_param`` that concern annotated boxes, for a layer that has none."""
    return {"transform_param.emit_constraint": "there are no annotated boxes"}


def of_boxes() -> dict[str, str]:
    """The fields of a layer with annotated boxes that it doesn't read."""
    return {**moved_to_transform("data_param"), **single_labels_only()}


def of_masks(own: str) -> dict[str, str]:
    """The fields for a third top of masks, for a layer without one.

    Args:
        own: name of the layer's own message.
    """
    names = ("single_class", "seg_scales", "seg_resize_width", "seg_resize_height")
    return {f"{own}.{name}": "it is for a third top, of masks" for name in names}


def single_labels_only(
    why: str = "boxes and label images are not mixed, and move along on the CPU",
) -> dict[str, str]:
    """The fields of ``transform_param`` for images with one label each, for other data."""
    return not_for(why, "mix_param", "on_device")


def not_for(why: str, *fields: str) -> dict[str, str]:
    """Fields of ``transform_param`` that a layer doesn't read, with the reason.

    Args:
        why: the reason.
        fields: their names.
    """
    return {f"transform_param.{name}": why for name in fields}


def all_but_prefetch(own: str) -> dict[str, str]:
    """The fields of ``data_param`` except ``prefetch``, for a layer that reads only that one.

    Args:
        own: name of the layer's own message.
    """
    why = f"of data_param it reads prefetch alone; the rest belongs in {own}"
    names = (field.name for field in DataParameter.DESCRIPTOR.fields)
    return {f"data_param.{name}": why for name in names if name != "prefetch"}
