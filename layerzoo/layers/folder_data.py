"""FolderData: images in a folder for each class."""

from __future__ import annotations

from collections.abc import Sequence

from layerzoo.data.class_folders import LabelledFile, find_parts, read_class_folders
from layerzoo.data.data_layer import Reading, opening, positive
from layerzoo.data.image_files import ImageFiles
from layerzoo.data.image_source import AHEAD, ImageSource
from layerzoo.data.mixing import mixed_shapes
from layerzoo.data.samples import Samples
from layerzoo.data.selection import part_to_read
from layerzoo.layer import Shape, register
from layerzoo.schema import TRAIN, LayerParameter

_FIELD = "folder_data_param.source"


@register
class FolderData(ImageSource):
    """Images in a folder for each class, DIGITS' layout, at any depth; labels count the classes from 0.

    Hidden files, and files without the suffix of an image, are left out. Where the source holds the folders
    train and val or test, each with folders of classes, ``split`` of ``reading_param`` chooses one; without
    it, TRAIN reads train, and TEST reads val, or test if there is no val. In TRAIN each epoch has its own
    random order.

    Shapes: tops (batch_size, 3 or 1, height, width), after ``transform_param``, and the labels (batch_size).
    Source: ours.
    """

    example = 'source: "photos" batch_size: 32 } transform_param { resize_param { height: 64 width: 64 }'
    messages = ("folder_data_param", "transform_param")
    path_fields = (_FIELD, "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.folder_data_param.batch_size, "folder_data_param.batch_size")
        return Reading(size, AHEAD, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names of the folders."""
        return _read(param)[0]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        return mixed_shapes(param, [(size, *cls.image_shape(param, _read(param)[1][0].path)), (size,)])

    def samples(self) -> Samples:
        divided = bool(find_parts(self.param.folder_data_param.source))
        part = self.param.reading_param.split if divided else None
        return ImageFiles(_read(self.param)[1], self.pipeline(self.param), part)


def _read(param: LayerParameter) -> tuple[list[str], list[LabelledFile]]:
    """The names of the classes and the images; where the source is divided, those of one part."""
    p = param.folder_data_param
    with opening(_FIELD, p.source, "a folder with a folder of images for each class"):
        part = part_to_read(param, "val" in find_parts(p.source))
        return read_class_folders(p.source, p.class_name, part)
