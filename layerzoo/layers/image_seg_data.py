"""ImageSegData: images with label images from the files in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.label_images import LabelledPixels, ListedImage, read_pairs, read_sized
from layerzoo.data.listed_files import locate
from layerzoo.data.samples import Image, Samples
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.data.transform.steps.mean import Mean
from layerzoo.data.transform.steps.pad import Pad
from layerzoo.data.unread_fields import all_but_prefetch, moved_to_transform, not_for, single_labels_only
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Shape, between, register
from layerzoo.schema import IMAGE, NONE, LayerParameter

_UNREAD = ("noise_param", "distort_param", "expand_param", "emit_constraint")


@register
class ImageSegData(DataLayer):
    """Images and label images from the files in a list, scaled, padded, cropped and mirrored together.

    An image smaller than the crop is padded at the bottom and the right: the image with the mean, the labels
    with ``ignore_label``. Without a crop, the images of a batch must have equal sizes.

    Shapes: tops (batch_size, 3 or 1, height, width), the labels (batch_size, 1, height, width), and
    optionally the height and width of each image (batch_size, 1, 1, 2), at most those of the first top.
    Source: the forks of DeepLab (Chen et al. 2015) and PSPNet (Zhao et al. 2017).
    """

    family = "data"
    reads_images = True
    example = 'source: "list.txt" batch_size: 4 label_type: PIXEL'
    tops = between(1, 3)
    messages = ("image_data_param", "transform_param", "data_param")
    ignores: ClassVar[Mapping[str, str]] = {
        **moved_to_transform("image_data_param"),
        **all_but_prefetch("image_data_param"),
        **{f"image_data_param.{name}": "only ImageData reads it" for name in ("new_dim", "bicubic")},
        **{
            f"transform_param.{name}": "image_data_param.is_color selects colour or grey"
            for name in ("force_color", "force_gray")
        },
        **not_for("images and labels are only scaled, padded, cropped and mirrored", *_UNREAD),
        **single_labels_only(),
    }
    list_field = "image_data_param.source"
    path_fields = ("image_data_param.source", "image_data_param.root_folder")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.image_data_param
        size = positive(p.batch_size, "image_data_param.batch_size")
        return Reading(size, param.data_param.prefetch, p.shuffle, p.rand_skip)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        if param.transform_param.HasField("mean_file"):
            field = "transform_param.mean_file"
            raise LayerFault("ImageSegData takes no mean_file", field=field, hint="give mean_value")
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        crop = next((step for step in steps if isinstance(step, Crop)), None)
        mean = next((step for step in steps if isinstance(step, Mean)), None)
        fill = None if mean is None else mean.mean
        label = param.image_data_param.ignore_label
        pad = None if crop is None else Pad(crop.height, crop.width, fill, label)
        early = [step for step in steps if (step.rank or 0) < (Mean.rank or 0)]
        late = [step for step in steps if step not in early]
        return Pipeline(*early, pad, *late, to_one_size="give crop_size in transform_param")

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.image_data_param
        size = cls.reading(param).batch_size
        if bool(p.new_height) != bool(p.new_width):
            one, other = ("new_height", "new_width") if p.new_height else ("new_width", "new_height")
            raise LayerFault(f"{one} without {other}", field=f"image_data_param.{one}", hint="give both")
        channels, height, width = _samples(param, cls.pipeline(param)).first().shape
        channels, height, width = cls.pipeline(param).top_shape((channels, height, width))
        shapes: list[Shape] = [(size, channels, height, width), (size, 1, height, width), (size, 1, 1, 2)]
        return shapes[: len(param.top) or 3]

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        p = param.image_data_param
        if p.new_height and p.label_type not in (NONE, IMAGE):
            return [
                "new_height and new_width resize the label images bilinearly, as in the fork: classes mix"
            ]
        return []

    @classmethod
    def annotation_shapes(cls, param: LayerParameter, images: Shape) -> list[Shape]:
        return [(images[0], 1, *images[2:]), (images[0], 1, 1, 2)]

    def samples(self) -> Samples:
        return _samples(self.param, self.pipeline(self.param))


def _samples(param: LayerParameter, pipeline: Pipeline) -> LabelledPixels:
    p = param.image_data_param
    size = (p.new_height, p.new_width) if p.new_height and p.new_width else None

    def mask(pair: ListedImage, height: int, width: int, name: str) -> Image:
        if p.label_type == NONE:
            return np.full((1, height, width), p.ignore_label, np.float32)
        if p.label_type == IMAGE:
            try:
                value = int(pair.labels)
            except ValueError:
                message = f"label '{pair.labels:.100}'; expected a number, or label_type: PIXEL"
                raise DataError(f"{name}: {message}") from None
            return np.full((1, height, width), value, np.float32)
        path = locate(pair.labels, p.root_folder, Path(p.source))
        return read_sized(path, False, size, f"{path} ({p.source}:{pair.line})")

    with opening("image_data_param.source", p.source, "a list of images with labels"):
        pairs = read_pairs(p.source, p.root_folder, p.label_type != NONE)
    return LabelledPixels(p.source, p.root_folder, pairs, pipeline, size, p.is_color, mask, dims=True)
