"""Base class of the layers that read image files with annotated boxes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from layerzoo.data.annotated_set import YOLO_ROWS
from layerzoo.data.box_samples import AnnotatedFile, BoxSamples
from layerzoo.data.data_layer import Reading, positive
from layerzoo.data.image_source import AHEAD, ImageSource
from layerzoo.data.samples import Samples
from layerzoo.data.unread_fields import single_labels_only
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Shape
from layerzoo.schema import ROI_BOXES, TRAIN, YOLO_BOXES, COCODataParameter, LayerParameter, VOCDataParameter

BoxParameter = COCODataParameter | VOCDataParameter


class Annotations(NamedTuple):
    """The names of the classes, from class 1 on, and the images."""

    names: list[str]
    files: list[AnnotatedFile]


class BoxSource(ImageSource):
    """A layer whose second top holds boxes; subclasses read annotations."""

    ignores: ClassVar[Mapping[str, str]] = single_labels_only()

    @classmethod
    @abstractmethod
    def box_param(cls, param: LayerParameter) -> tuple[str, BoxParameter]:
        """The name of the layer's own message, and the message."""

    @classmethod
    @abstractmethod
    def annotations(cls, param: LayerParameter) -> Annotations:
        """Read the annotations.

        Raises:
            LayerFault: the source is missing.
            DataError: it is damaged.
        """

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        """Batches are read ahead; in TRAIN each epoch has its own random order."""
        name, p = cls.box_param(param)
        return Reading(positive(p.batch_size, f"{name}.batch_size"), AHEAD, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names of the classes, with the background first for the boxes of SSD and Faster R-CNN."""
        names = cls.annotations(param).names
        return names if cls.box_param(param)[1].target == YOLO_BOXES else ["background", *names]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        """Images, and boxes in the layout of ``target``."""
        name, p = cls.box_param(param)
        size = cls.reading(param).batch_size
        if p.target == ROI_BOXES and size != 1:
            message = f"batch_size is {size}; target ROI_BOXES is of batches of one image"
            raise LayerFault(message, field=f"{name}.batch_size", hint="set it to 1")
        files = cls._files(param)
        images = (size, *cls.image_shape(param, files[0].path))
        return [images, cls._box_shape(param, files, images)][: len(param.top) or 2]

    @classmethod
    def annotation_shapes(cls, param: LayerParameter, images: Shape) -> list[Shape]:
        """The shape of the boxes, where the source is missing: that of one object an image."""
        return [cls._box_shape(param, [], images)]

    @classmethod
    def _box_shape(cls, param: LayerParameter, files: Sequence[AnnotatedFile], images: Shape) -> Shape:
        target, rows = cls.box_param(param)[1].target, cls._rows(param, files)
        if target == YOLO_BOXES:
            return images[0], YOLO_ROWS, 5
        return (images[0] * rows, 5) if target == ROI_BOXES else (1, 1, images[0] * rows, 8)

    @classmethod
    def _rows(cls, param: LayerParameter, files: Sequence[AnnotatedFile]) -> int:
        """Rows of an image."""
        return cls.box_param(param)[1].max_objects or max((len(file.edges) for file in files), default=1) or 1

    @classmethod
    def _files(cls, param: LayerParameter) -> list[AnnotatedFile]:
        """The images that are read.

        Raises:
            DataError: there are none.
        """
        p = cls.box_param(param)[1]
        files = cls.annotations(param).files
        chosen = files if p.empty_images else [file for file in files if len(file.edges)]
        if not chosen:
            why = "no image has an object" if files else "no images"
            raise DataError(f"{p.source}: {why}")
        return chosen

    def samples(self) -> Samples:
        """Images with their boxes."""
        _, p = self.box_param(self.param)
        files = self._files(self.param)
        rows = self._rows(self.param, files)
        return BoxSamples(files, self.pipeline(self.param), p.target, rows, p.use_difficult)
