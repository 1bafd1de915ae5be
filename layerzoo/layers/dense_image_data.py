"""DenseImageData: images with label images from the files in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.label_images import LabelledPixels, ListedImage, read_pairs, read_sized
from layerzoo.data.listed_files import locate
from layerzoo.data.samples import Image, Samples
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.data.transform.steps.mirror import Mirror
from layerzoo.data.unread_fields import all_but_prefetch, not_for, single_labels_only
from layerzoo.errors import LayerFault
from layerzoo.layer import Shape, exactly, register
from layerzoo.schema import TRAIN, LayerParameter

_UNREAD = ("noise_param", "distort_param", "expand_param", "emit_constraint", "scale_factors")


@register
class DenseImageData(DataLayer):
    """Images and label images from the files in a list, cropped and mirrored together.

    Images are resized bilinearly, labels by the nearest pixel.

    Shapes: tops (batch_size, 3 or 1, height, width) and the labels (batch_size, 1, height, width). Source:
    SegNet's fork of Caffe; Badrinarayanan, Kendall and Cipolla 2017, arXiv 1511.00561.
    """

    family = "data"
    reads_images = True
    example = 'source: "train.txt" batch_size: 4 new_height: 360 new_width: 480'
    tops = exactly(2)
    messages = ("dense_image_data_param", "transform_param", "data_param")
    ignores: ClassVar[Mapping[str, str]] = {
        "dense_image_data_param.mean_file": "give transform_param.mean_file",
        **all_but_prefetch("dense_image_data_param"),
        **{
            f"transform_param.{name}": "dense_image_data_param.is_color selects colour or grey"
            for name in ("force_color", "force_gray")
        },
        **not_for("images and labels are only resized, cropped and mirrored", *_UNREAD),
        **single_labels_only(),
    }
    list_field = "dense_image_data_param.source"
    path_fields = (
        "dense_image_data_param.source",
        "dense_image_data_param.root_folder",
        "transform_param.mean_file",
    )

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.dense_image_data_param
        size = positive(p.batch_size, "dense_image_data_param.batch_size")
        return Reading(size, param.data_param.prefetch, p.shuffle, p.rand_skip)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        p = param.dense_image_data_param
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        if p.mirror and not any(isinstance(step, Mirror) for step in steps):
            steps.append(Mirror())
        if p.crop_height and p.crop_width and not any(isinstance(step, Crop) for step in steps):
            steps.append(Crop(p.crop_height, p.crop_width, param.phase == TRAIN))
        steps.sort(key=lambda step: step.rank or 0)
        fix = "give new_height and new_width in dense_image_data_param, or crop_size in transform_param"
        return Pipeline(*steps, to_one_size=fix)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.dense_image_data_param
        size = cls.reading(param).batch_size
        if bool(p.new_height) != bool(p.new_width):
            one, other = ("new_height", "new_width") if p.new_height else ("new_width", "new_height")
            raise LayerFault(
                f"{one} without {other}", field=f"dense_image_data_param.{one}", hint="give both"
            )
        if bool(p.crop_height) != bool(p.crop_width):
            one, other = ("crop_height", "crop_width") if p.crop_height else ("crop_width", "crop_height")
            raise LayerFault(
                f"{one} without {other}", field=f"dense_image_data_param.{one}", hint="give both"
            )
        pipeline = cls.pipeline(param)
        channels, height, width = _samples(param, pipeline).first().shape
        channels, height, width = pipeline.top_shape((channels, height, width))
        return [(size, channels, height, width), (size, 1, height, width)]

    @classmethod
    def annotation_shapes(cls, param: LayerParameter, images: Shape) -> list[Shape]:
        return [(images[0], 1, *images[2:])]

    def samples(self) -> Samples:
        return _samples(self.param, self.pipeline(self.param))


def _samples(param: LayerParameter, pipeline: Pipeline) -> LabelledPixels:
    p = param.dense_image_data_param
    size = (p.new_height, p.new_width) if p.new_height and p.new_width else None

    def mask(pair: ListedImage, height: int, width: int, name: str) -> Image:
        path = locate(pair.labels, p.root_folder, Path(p.source))
        return read_sized(path, False, size, f"{path} ({p.source}:{pair.line})", "NEAREST")

    with opening("dense_image_data_param.source", p.source, "a list of images with label images"):
        pairs = read_pairs(p.source, p.root_folder)
    return LabelledPixels(p.source, p.root_folder, pairs, pipeline, size, p.is_color, mask)
