"""VOCData: images and boxes of a folder of XML files, PASCAL VOC's format."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from layerzoo.data.box_source import Annotations, BoxSource
from layerzoo.data.data_layer import opening
from layerzoo.data.voc import read_voc
from layerzoo.layer import register
from layerzoo.schema import LayerParameter, VOCDataParameter

_FIELD = "voc_data_param."


@register
class VOCData(BoxSource):
    """Images and boxes of a folder like PASCAL VOC's, or of images with XML files beside them.

    Classes are sorted by name: from 1, and 0 is the background, but for YOLO_BOXES from 0. Images without
    objects are left out. In TRAIN each epoch has its own random order; boxes move along with the images.

    Shapes: tops (batch_size, 3 or 1, height, width), after ``transform_param``, and boxes in the layout of
    ``target``. Source: ours; the format of Everingham et al. 2010, "The PASCAL visual object classes (VOC)
    challenge".
    """

    example = 'source: "VOC2007" image_set: "trainval" batch_size: 8'
    messages = ("voc_data_param", "transform_param")
    path_fields = (f"{_FIELD}source", "transform_param.mean_file")

    @classmethod
    def box_param(cls, param: LayerParameter) -> tuple[str, VOCDataParameter]:
        return "voc_data_param", param.voc_data_param

    @classmethod
    def annotations(cls, param: LayerParameter) -> Annotations:
        p = param.voc_data_param
        with opening(f"{_FIELD}source", p.source, "a folder with XML files"):
            folder = Path(p.source)
            annotations = folder / "Annotations" if (folder / "Annotations").is_dir() else folder
            facts = annotations.stat()
            stamp = (facts.st_mtime_ns, facts.st_ino)
            return _read(p.source, p.image_set, tuple(p.class_name), stamp)


@lru_cache(maxsize=4)
def _read(source: str, image_set: str, names: tuple[str, ...], stamp: tuple[int, int]) -> Annotations:
    """Read annotations; ``stamp`` changes with the folder's entries."""
    return Annotations(*read_voc(source, image_set, names))
