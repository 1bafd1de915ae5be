"""ROIData: images with annotated boxes or regions, for Fast and Faster R-CNN."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.region_samples import RegionSamples, RegionSettings, SyntheticRegions, WindowFile
from layerzoo.errors import LayerFault
from layerzoo.layer import Shape, between, register
from layerzoo.layer.param_str import ParamStr
from layerzoo.schema import TRAIN, LayerParameter

_NAMES = ("num_classes",)
_MEAN = (102.9801, 115.9465, 122.7717)
_NOMINAL = 4
"""The number of objects in the declared shape; each image has its own."""
_STAND_IN = (224, 320)
"""The sides of random images in the place of a source."""


@register
class ROIData(DataLayer):
    """Images scaled to a shorter side, with their objects (Faster R-CNN) or a sample of regions (Fast R-CNN).

    The source is a window file, as WindowData reads it: windows of overlap 1 are the annotated objects, the
    others proposals. A second top named ``rois`` asks for the tops of Fast R-CNN. In TRAIN each epoch has its
    own order, and a random half of the images is mirrored. Targets of boxes are divided by 0.1, 0.1, 0.2,
    0.2. It takes the place of py-faster-rcnn's Python layer ``roi_data_layer.layer``, unless the user has a
    module of that name; ``-set layer[NAME].roi_data_param.source=FILE`` names the source.

    Shapes: tops of Faster R-CNN: (1, 3, H, W) image, blue first, (1, 3) height, width and scale, (G, 5)
    objects of x1, y1, x2, y2 and class; of Fast R-CNN: (N, 3, H, W), (R, 5) regions of image index, x1, y1,
    x2, y2, (R) labels, and (R, 4 num_classes) targets, weights inside and weights outside the loss of boxes.
    H, W, G and R depend on the images. Source: ``roi_data_layer`` of rbgirshick/py-faster-rcnn; Girshick
    2015, "Fast R-CNN"; Ren et al. 2015, "Faster R-CNN".
    """

    family = "data"
    shapes_by_value = True
    reads_images = True
    example = 'source: "windows.txt" num_classes: 21'
    tops = between(3, 6)
    messages = ("roi_data_param", "python_param")
    hints = ("python_param.module", "python_param.layer", "python_param.share_in_parallel")
    list_field = "roi_data_param.source"
    path_fields = ("roi_data_param.source", "roi_data_param.root_folder")
    shapes_by_value = True

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.roi_data_param
        images = p.images if p.HasField("images") else 2 if _of_regions(param) else 1
        return Reading(positive(images, "roi_data_param.images"), p.prefetch, param.phase == TRAIN)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        if _of_regions(param):
            return "the choice of regions that train is random"
        mirrored = param.phase == TRAIN and param.roi_data_param.mirror
        return "mirror is random" if mirrored else None

    @classmethod
    def stand_in(cls, param: LayerParameter) -> LayerParameter | None:
        p = param.roi_data_param
        p.ClearField("source")
        p.synthetic, p.short_side, p.long_side, p.prefetch = True, *_STAND_IN, 0
        return param

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return [*super().check(param, bottoms), *ParamStr(param).unknown(_NAMES)]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        s, images, tops = _settings(param), cls.reading(param).batch_size, len(param.top)
        if not param.roi_data_param.synthetic and not param.roi_data_param.source:
            raise LayerFault(
                "source is missing",
                field="roi_data_param.source",
                hint=f"name a window file: -set layer[{param.name}].roi_data_param.source=FILE",
            )
        if not s.of_regions and (tops != 3 or images != 1):
            what = f"{tops} tops" if tops != 3 else f"{images} images"
            raise LayerFault(
                f"{what}; Faster R-CNN's image, its size and its objects are three tops of one image",
                hint="a second top named rois asks for Fast R-CNN's tops",
            )
        image = (images, 3, s.short_side, s.long_side)
        if not s.of_regions:
            return [image, (1, 3), (_NOMINAL, 5)]
        if s.batch_size % images:
            raise LayerFault(
                f"batch_size {s.batch_size} for {images} images; expected a multiple",
                field="roi_data_param.batch_size",
            )
        boxes = (s.batch_size, 4 * s.classes)
        return [image, (s.batch_size, 5), (s.batch_size,), boxes, boxes, boxes][:tops]

    def shapes_for(self, bottoms: Sequence[Tensor]) -> list[Shape]:
        tops = self.forward()
        return [tuple(top.shape) for top in (tops if isinstance(tops, tuple) else (tops,))]

    def samples(self) -> RegionSamples:
        p, settings = self.param.roi_data_param, _settings(self.param)
        if p.synthetic:
            return SyntheticRegions(settings)
        with opening("roi_data_param.source", p.source, "a window file"):
            return WindowFile(p.source, p.root_folder, settings)


def _of_regions(param: LayerParameter) -> bool:
    """Whether the tops are those of Fast R-CNN."""
    return list(param.top[1:2]) == ["rois"]


def _settings(param: LayerParameter) -> RegionSettings:
    p = param.roi_data_param
    classes = int(ParamStr(param).number("num_classes", p.num_classes))
    of_regions = _of_regions(param)
    if classes < 2 and (of_regions or classes):
        message = f"num_classes {classes}; expected 2 or more, with the background"
        raise LayerFault(message, field="roi_data_param.num_classes")
    for name in ("short_side", "long_side", "batch_size"):
        positive(getattr(p, name), f"roi_data_param.{name}")
    if not 0 <= p.fg_fraction <= 1:
        message = f"fg_fraction {p.fg_fraction:g}; expected a share from 0 to 1"
        raise LayerFault(message, field="roi_data_param.fg_fraction")
    mean = tuple(p.mean_value) or _MEAN
    if len(mean) not in {1, 3}:
        raise LayerFault(f"{len(mean)} mean values; expected 1 or 3", field="roi_data_param.mean_value")
    mirror = p.mirror and param.phase == TRAIN
    limits = (p.fg_fraction, p.fg_thresh, p.bg_thresh_hi, p.bg_thresh_lo)
    return RegionSettings(of_regions, classes, p.short_side, p.long_side, mean, mirror, p.batch_size, *limits)
