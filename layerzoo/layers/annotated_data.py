"""AnnotatedData: images with boxes from an LMDB or LevelDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from layerzoo.data.annotated_samples import AnnotatedSamples, Jitter
from layerzoo.data.annotated_set import YOLO_ROWS
from layerzoo.data.class_file import names_beside
from layerzoo.data.class_masks import ClassMasks, MaskSize
from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.samples import Samples
from layerzoo.data.transform import ImageStep, Pipeline, transform_steps
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.mirror import Mirror
from layerzoo.data.transform.steps.resize_policy import ResizePolicy
from layerzoo.data.transform.steps.sample import Sample
from layerzoo.data.unread_fields import of_boxes, of_masks
from layerzoo.errors import LayerFault
from layerzoo.layer import Shape, between, register
from layerzoo.schema import LayerParameter, ResizeParameter

_PARAM = "annotated_data_param"
_MASKS = 3
"""The number of tops of a layer with masks."""


@register
class AnnotatedData(DataLayer):
    """Images and annotated boxes from a database of AnnotatedDatum messages, in the order of its keys.

    Images are distorted, expanded, cut by ``batch_sampler``, resized, filtered, cropped and mirrored, and
    their boxes move along; ``emit_constraint`` says which boxes stay where a cut divides them.

    Shapes: tops (batch_size, channels, height, width), after ``transform_param``, and the boxes of all images
    (1, 1, K, 8): image, class, instance, left, top, right, bottom, difficult; one row of -1 if there are
    none. For records without annotations the labels, (batch_size, 1, 1, 1). With ``yolo_data_type: 1``
    (batch_size, 1, 300, 5): class - 1, centre, width, height. Optionally masks of the classes in the
    records' label images, from 0 to 1, (batch_size, classes, height / seg_scales, width / seg_scales).
    Source: SSD's fork of Caffe, Liu et al. 2016; MobileNet-YOLO's fork.
    """

    family = "data"
    reads_images = True
    # it closes its own message, since the source is in another one
    example = 'anno_type: BBOX } data_param { source: "train_lmdb" backend: LMDB batch_size: 32'
    messages = ("annotated_data_param", "data_param", "transform_param")
    hints = ("annotated_data_param.label_map_file",)
    ignores: ClassVar[Mapping[str, str]] = of_boxes()
    tops = between(1, 3)
    path_fields = ("data_param.source", "transform_param.mean_file", f"{_PARAM}.label_map_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.data_param
        return Reading(positive(p.batch_size, "data_param.batch_size"), p.prefetch, rand_skip=p.rand_skip)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        p = param.annotated_data_param
        in_color = param.data_param.force_encoded_color
        decode = Decode(color=True) if in_color else Decode.of(param.transform_param, param.phase)
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        early = [step for step in steps if (step.rank or 0) < (ResizePolicy.rank or 0)]
        late = [step for step in steps if step not in early]
        sample: ImageStep | None = Sample(p.batch_sampler) if p.batch_sampler else None
        if p.yolo_data_type == 1:
            sample = Jitter(p.yolo_data_jitter)
        fix = "give resize_param in transform_param"
        return Pipeline(decode, *early, sample, *late, to_one_size=fix)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        return cls.ignores if len(param.top) == _MASKS else {**cls.ignores, **of_masks(_PARAM)}

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        warnings = super().check(param, bottoms)
        if len(param.top) < _MASKS:
            return warnings
        steps = [step for step in cls.pipeline(param).steps if step.moves]
        apart = [type(step).__name__.lower() for step in steps if not isinstance(step, _WITH_MASKS)]
        policies = param.transform_param.resize_param
        if any(each.resize_mode == ResizeParameter.FIT_LARGE_SIZE_AND_PAD for each in policies):
            apart.append("the padding of resize_param")
        if apart:
            names = " and ".join(apart)
            warnings.append(
                f"{names}: images and boxes move, the masks of the third top don't, as in the fork"
            )
        return warnings

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names in classes.txt in the database's folder; for YOLO without the first, the background."""
        names = names_beside(param.data_param.source)
        return names[1:] if names and param.annotated_data_param.yolo_data_type == 1 else names

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.annotated_data_param
        size = cls.reading(param).batch_size
        if p.yolo_data_type not in (0, 1):
            message = f"yolo_data_type is {p.yolo_data_type}; expected 0 or 1"
            raise LayerFault(message, field="annotated_data_param.yolo_data_type")
        if not 0 <= p.yolo_data_jitter < 1:
            message = f"yolo_data_jitter is {p.yolo_data_jitter:g}; it has to be 0 or more and below 1"
            raise LayerFault(message, field="annotated_data_param.yolo_data_jitter")
        source = _samples(param)
        image, boxes = source.first()
        rows: Shape = (size, 1, 1, 1)
        if boxes is not None:
            rows = (size, 1, YOLO_ROWS, 5) if p.yolo_data_type else (1, 1, max(1, len(boxes)), 8)
        shapes: list[Shape] = [(size, *image), rows]
        if len(param.top) == _MASKS:
            masks = _masks(param)
            shapes.append((size, len(masks), *masks.size.of(*image[1:])))
            source.label_images([0])
        return shapes[: len(param.top) or 2]

    @classmethod
    def annotation_shapes(cls, param: LayerParameter, images: Shape) -> list[Shape]:
        p = param.annotated_data_param
        rows: Shape = (images[0], 1, YOLO_ROWS, 5) if p.yolo_data_type else (1, 1, images[0], 8)
        if len(param.top) < _MASKS:
            return [rows]
        try:
            classes = len(_masks(param))
        except LayerFault:
            classes = 0  # the file is missing
        return [rows, (images[0], classes, *_mask_size(param).of(*images[2:]))]

    def samples(self) -> Samples:
        return _samples(self.param)


def _samples(param: LayerParameter) -> AnnotatedSamples:
    masks = _masks(param) if len(param.top) == _MASKS else None
    return AnnotatedSamples(param, AnnotatedData.pipeline(param), masks)


def _mask_size(param: LayerParameter) -> MaskSize:
    p = param.annotated_data_param
    if bool(p.seg_resize_height) != bool(p.seg_resize_width):
        message = f"seg_resize_height is {p.seg_resize_height}, seg_resize_width {p.seg_resize_width}"
        raise LayerFault(message, field=f"{_PARAM}.seg_resize_height", hint="give both")
    for name in ("seg_resize_height", "seg_resize_width"):
        if not 0 <= getattr(p, name) <= _LARGEST:
            message = f"{name} is {getattr(p, name):,}; it has to be 1 to {_LARGEST:,}"
            raise LayerFault(message, field=f"{_PARAM}.{name}")
    return MaskSize(p.seg_resize_height, p.seg_resize_width, positive(p.seg_scales, f"{_PARAM}.seg_scales"))


def _masks(param: LayerParameter) -> ClassMasks:
    p, size = param.annotated_data_param, _mask_size(param)
    if p.single_class:
        return ClassMasks(size, None)
    with opening(f"{_PARAM}.label_map_file", p.label_map_file, "a label map with label_id, for the masks"):
        return ClassMasks(size, p.label_map_file)


_WITH_MASKS = (Sample, Jitter, ResizePolicy, Crop, Mirror)
"""The steps with which masks move along, of those that move boxes."""
_LARGEST = 1 << 15
