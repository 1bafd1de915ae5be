"""ImageData: images from the files in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import ClassVar, Final

import numpy as np

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded, read_image
from layerzoo.data.listed_files import Listed, exists, read_labelled
from layerzoo.data.mixing import mixed_shapes
from layerzoo.data.samples import Array, Kept, Samples, as_classes
from layerzoo.data.transform import ImageStep, Pipeline, transform_steps
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.resize import Resize
from layerzoo.data.transform.steps.resize_policy import ResizePolicy
from layerzoo.data.unread_fields import all_but_prefetch, moved_to_transform, without_boxes
from layerzoo.errors import DataError, LayerFault
from layerzoo.image_file import read_file
from layerzoo.layer import Shape, exactly, register
from layerzoo.schema import ImageDataParameter, LayerParameter, ResizeParameter

_MOST: Final = 1 << 15
"""The longest smaller side of a resized image in pixels."""


@register
class ImageData(DataLayer):
    """Images and labels from the files in a list with a path and a label, or several, per line.

    Without a new size or a crop, the images of a batch must have equal sizes, which may differ between
    batches.

    Shapes: tops (batch_size, 3 or 1, height, width) and the labels (batch_size), or (batch_size, labels of
    each line) if there are several. Source: Caffe's ``image_data_layer``; ``new_dim``: a pull request of
    Caffe, BVLC/caffe#2540.
    """

    family = "data"
    reads_images = True
    example = 'source: "images.txt" batch_size: 32 new_height: 256 new_width: 256 shuffle: true'
    tops = exactly(2)
    messages = ("image_data_param", "transform_param", "data_param")
    ignores: ClassVar[Mapping[str, str]] = {
        **moved_to_transform("image_data_param"),
        **all_but_prefetch("image_data_param"),
        **without_boxes(),
        **{
            f"transform_param.{name}": "image_data_param.is_color selects colour or grey"
            for name in ("force_color", "force_gray")
        },
        **{f"image_data_param.{name}": "ImageSegData reads it" for name in ("label_type", "ignore_label")},
    }
    list_field = "image_data_param.source"
    path_fields = ("image_data_param.source", "image_data_param.root_folder", "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.image_data_param
        size = positive(p.batch_size, "image_data_param.batch_size")
        return Reading(size, param.data_param.prefetch, p.shuffle, p.rand_skip)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        p = param.image_data_param
        size = _resizing(p)
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        fix = "give new_height and new_width in image_data_param, or crop_size in transform_param"
        return Pipeline(Decode(p.is_color), size, *steps, to_one_size=fix)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.image_data_param
        size = cls.reading(param).batch_size
        if bool(p.new_height) != bool(p.new_width):
            one, other = ("new_height", "new_width") if p.new_height else ("new_width", "new_height")
            raise LayerFault(f"{one} without {other}", field=f"image_data_param.{one}", hint="give both")
        if p.new_dim > _MOST:
            raise LayerFault(
                f"new_dim is {p.new_dim:,}; it has to be at most {_MOST:,}", field="image_data_param.new_dim"
            )
        if p.new_dim and p.new_height:
            hint = "new_dim keeps the aspect ratio; the other two give both sides"
            raise LayerFault(
                "new_dim beside new_height and new_width", field="image_data_param.new_dim", hint=hint
            )
        pipeline = cls.pipeline(param)
        with _opening(p):
            first = next(read_labelled(p.source, p.root_folder), None)
        if first is None:
            raise DataError(f"{p.source}: the list names no files")
        if not exists(first.path):
            message = f"the first file of '{p.source}', '{first.path}', does not exist"
            hint = "root_folder is the prefix of each path of the list"
            raise LayerFault(message, field="image_data_param.source", hint=hint)
        if p.new_height:
            image = (3 if p.is_color else 1, p.new_height, p.new_width)
        else:
            channels, height, width = read_image(first.path, p.is_color, _name(first, p.source)).shape
            image = (channels, height, width)
        labels = (size,) if len(first.labels) == 1 else (size, len(first.labels))
        return mixed_shapes(param, [(size, *pipeline.top_shape(image)), labels])

    def samples(self) -> Samples:
        with _opening(self.param.image_data_param):
            return _Images(self.param.image_data_param, self.pipeline(self.param))


class _Images(Samples):
    """The images of a list."""

    labels_are_known = True

    def __init__(self, param: ImageDataParameter, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._source = param.source
        self._files: list[Listed] = list(read_labelled(param.source, param.root_folder))
        if not self._files:
            raise DataError(f"{param.source}: the list names no files")

    def __len__(self) -> int:
        return len(self._files)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        files = [self._files[index] for index in indices.tolist()]

        def name(index: int) -> str:
            return _name(files[index], self._source)

        images = [Encoded(partial(read_file, file.path, name(i))) for i, file in enumerate(files)]
        labels = np.array([file.labels for file in files], np.float32)
        return self._pipeline(images, numbers, key, name), labels[:, 0] if labels.shape[1] == 1 else labels

    def key_of(self, index: int) -> str:
        return self._files[index].name

    def keep(self, kept: Kept) -> bool:
        return self._pipeline.keep(kept)

    def name(self, index: int) -> str:
        return _name(self._files[index], self._source)

    def labels(self) -> Ints | None:
        if len(self._files[0].labels) > 1:
            return None
        return as_classes(np.array([file.label for file in self._files]))


def _resizing(p: ImageDataParameter) -> ImageStep | None:
    """The step that resizes images; None if their size stays."""
    kind = ResizeParameter.CUBIC if p.bicubic else ResizeParameter.LINEAR
    if p.new_dim:
        kept, height, width = ResizeParameter.FIT_SMALL_SIZE, p.new_dim, p.new_dim
    elif not (p.new_height and p.new_width):
        return None
    elif kind == ResizeParameter.LINEAR:
        return Resize(p.new_height, p.new_width)
    else:
        kept, height, width = ResizeParameter.WARP, p.new_height, p.new_width
    policy = ResizeParameter(resize_mode=kept, height=height, width=width, interp_mode=[kind])
    return ResizePolicy([policy])


def _name(file: Listed, source: str) -> str:
    return f"{file.path} ({source}:{file.line})"


def _opening(p: ImageDataParameter) -> AbstractContextManager[None]:
    return opening("image_data_param.source", p.source, "a list of image files, each with a label")
