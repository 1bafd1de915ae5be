"""MaskData: images and label images with the same names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from layerzoo.data.class_file import NAME, read_class_file
from layerzoo.data.data_layer import Reading, opening, positive
from layerzoo.data.image_source import AHEAD, ImageSource
from layerzoo.data.mask_files import MaskedImage, MaskFiles, read_mask_folders
from layerzoo.data.samples import Samples
from layerzoo.data.unread_fields import single_labels_only, without_boxes
from layerzoo.layer import Shape, register
from layerzoo.schema import TRAIN, LayerParameter

_FIELD = "mask_data_param."
_TWO = 2


@register
class MaskData(ImageSource):
    """Images and label images with the same names, for segmentation; masks move along with the images.

    The value of a pixel of a mask is its class: the index of a palette, as in PASCAL VOC's, or a grey level.
    In TRAIN each epoch has its own random order.

    Shapes: tops (batch_size, 3 or 1, height, width), after ``transform_param``, and the classes of the pixels
    (batch_size, 1, height, width). Source: ours.
    """

    example = 'source: "cells" batch_size: 4'
    messages = ("mask_data_param", "transform_param")
    ignores: ClassVar[Mapping[str, str]] = {**without_boxes(), **single_labels_only()}
    path_fields = (
        f"{_FIELD}source",
        f"{_FIELD}class_file",
        f"{_FIELD}image_set",
        "transform_param.mean_file",
    )

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.mask_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, AHEAD, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names in the file of classes; of black and white masks, background and object without one."""
        p = param.mask_data_param
        path = p.class_file or str(Path(p.source) / NAME)
        if not p.class_file and not Path(path).exists():
            return ["background", "object"] if p.binary else None
        with opening(f"{_FIELD}class_file", path, "a file with a name of a class in each line"):
            return read_class_file(path)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        channels, height, width = cls.image_shape(param, _pairs(param)[0].image)
        cls.class_names(param)  # raises what is wrong with the file of classes
        shapes: list[Shape] = [(size, channels, height, width), (size, 1, height, width)]
        return shapes[: len(param.top) or _TWO]

    @classmethod
    def annotation_shapes(cls, param: LayerParameter, images: Shape) -> list[Shape]:
        return [(images[0], 1, *images[2:])]

    def samples(self) -> Samples:
        p = self.param.mask_data_param
        color = not self.param.transform_param.force_gray
        classes = len(self.class_names(self.param) or ())
        pipeline = self.pipeline(self.param)
        return MaskFiles(_pairs(self.param), pipeline, color, classes, p.ignore_label, p.binary)


def _pairs(param: LayerParameter) -> list[MaskedImage]:
    p = param.mask_data_param
    with opening(f"{_FIELD}source", p.source, f"a folder with {p.image_folder} and {p.mask_folder}"):
        folder = Path(p.source)
        return read_mask_folders(folder / p.image_folder, folder / p.mask_folder, p.image_set)
