"""Fields of data layers' messages that are not read."""

from __future__ import annotations

from layerzoo.data.unread_fields import all_but_prefetch, moved_to_transform, of_boxes, of_masks
from layerzoo.schema import DataParameter


def test_moved_to_transform_names_the_new_field() -> None:
    assert moved_to_transform("data_param") == {
        "data_param.scale": "give transform_param.scale",
        "data_param.mean_file": "give transform_param.mean_file",
        "data_param.crop_size": "give transform_param.crop_size",
        "data_param.mirror": "give transform_param.mirror",
    }


def test_moved_to_transform_accepts_a_selection() -> None:
    assert moved_to_transform("window_data_param", "mirror") == {
        "window_data_param.mirror": "give transform_param.mirror"
    }


def test_all_but_prefetch_covers_the_other_fields_of_data_param() -> None:
    unread = all_but_prefetch("image_data_param")
    names = {field.name for field in DataParameter.DESCRIPTOR.fields}
    assert set(unread) == {f"data_param.{name}" for name in names - {"prefetch"}}
    reason = "of data_param it reads prefetch alone; the rest belongs in image_data_param"
    assert set(unread.values()) == {reason}


def test_of_boxes_says_why_label_images_are_not_read() -> None:
    unread = of_boxes() | of_masks("annotated_data_param")
    assert "third top" in unread["annotated_data_param.seg_scales"]
    assert "transform_param.scale" in unread["data_param.scale"]
    assert "transform_param.mix_param" in unread
