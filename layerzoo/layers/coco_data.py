"""COCOData: images and boxes of annotations in COCO's format."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from layerzoo.data.box_source import Annotations, BoxSource
from layerzoo.data.coco import read_coco
from layerzoo.data.data_layer import opening
from layerzoo.layer import register
from layerzoo.schema import COCODataParameter, LayerParameter

_FIELD = "coco_data_param."


@register
class COCOData(BoxSource):
    """Images and boxes of annotations in COCO's format; boxes move along with the images.

    Categories are numbered without gaps, in the order of their numbers: from 1, and 0 is the background, but
    for YOLO_BOXES from 0. Boxes without area, and images without objects, are left out; a crowd counts as
    difficult. In TRAIN each epoch has its own random order.

    Shapes: tops (batch_size, 3 or 1, height, width), after ``transform_param``, and boxes in the layout of
    ``target``. Source: ours; the format of Lin et al. 2014, "Microsoft COCO: common objects in context".
    """

    example = 'source: "instances_train2017.json" root_folder: "train2017" batch_size: 8'
    messages = ("coco_data_param", "transform_param")
    table_fields = (f"{_FIELD}source",)
    path_fields = (f"{_FIELD}source", f"{_FIELD}root_folder", "transform_param.mean_file")

    @classmethod
    def box_param(cls, param: LayerParameter) -> tuple[str, COCODataParameter]:
        return "coco_data_param", param.coco_data_param

    @classmethod
    def annotations(cls, param: LayerParameter) -> Annotations:
        p = param.coco_data_param
        with opening(f"{_FIELD}source", p.source, "annotations in COCO's format"):
            facts = Path(p.source).stat()
            return _read(p.source, p.root_folder, tuple(p.class_name), (facts.st_mtime_ns, facts.st_size))


@lru_cache(maxsize=4)
def _read(source: str, root: str, names: tuple[str, ...], stamp: tuple[int, int]) -> Annotations:
    """Read annotations; ``stamp`` changes with the file."""
    return Annotations(*read_coco(source, root, names))
