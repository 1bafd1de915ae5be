"""MemoryData: images and arrays provided by the program."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from torch import Tensor

from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.datum import images_of
from layerzoo.data.samples import Array, ArraySamples, Floats, Samples
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.batch import Images
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.unread_fields import single_labels_only, without_boxes
from layerzoo.errors import DataError
from layerzoo.layer import Shape, exactly, register
from layerzoo.schema import Datum, LayerParameter, ReadingParameter
from layerzoo.seeds import stable_seed

log = logging.getLogger("layerzoo")


@register
class MemoryData(DataLayer):
    """Images and labels provided by the program.

    ``transform_param`` applies to images (`add_datum_vector`, `add_mat_vector`), not to arrays
    (`set_input_arrays`). Channels, height and width of ``memory_data_param`` are those after it.

    Shapes: tops (batch_size, channels, height, width) and the labels (batch_size). Source: Caffe's
    ``memory_data_layer``.
    """

    family = "data"
    example = "batch_size: 16 channels: 3 height: 32 width: 32"
    tops = exactly(2)
    distributed = False
    messages = ("memory_data_param", "transform_param")
    ignores: ClassVar[Mapping[str, str]] = {
        **without_boxes(),
        **single_labels_only("the program gives images and labels as the net shall have them"),
    }
    path_fields = ("transform_param.mean_file",)
    without_switches: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (field.name for field in ReadingParameter.DESCRIPTOR.fields), "the program provides the samples"
    )

    def __init__(self, param: LayerParameter, bottom_shapes: object = ()) -> None:
        super().__init__(param, bottom_shapes)
        self._is_serving = False

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        return Reading(positive(param.memory_data_param.batch_size, "memory_data_param.batch_size"), 0)

    @classmethod
    def declared_batch(cls, param: LayerParameter) -> Shape | None:
        p = param.memory_data_param
        return (p.batch_size, p.channels, p.height, p.width)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.memory_data_param
        axes = [positive(getattr(p, axis), f"memory_data_param.{axis}") for axis in _AXES]
        size = cls.reading(param).batch_size
        cls.pipeline(param)
        return [(size, *axes), (size,)]

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        transform = param.transform_param
        return Pipeline(
            Decode.of(transform, param.phase), *transform_steps(transform, param.phase, cls.ignores)
        )

    def forward(self) -> Tensor | tuple[Tensor, ...]:
        """The batch with number ``clock.batch``, on ``device``."""
        tops = super().forward()
        if (self.clock.batch - self.first_batch + 1) % self.batches_per_pass == 0:
            self._is_serving = False
        return tops

    def add_datum_vector(self, datums: Sequence[Datum]) -> None:
        """Transform images and serve them cyclically from the next batch on.

        Args:
            datums: images with their labels; their number is a multiple of ``batch_size``.

        Raises:
            DataError: an image doesn't fit, or images added before have not all been served.
        """
        name = f"layer '{self.name}': datum {{}}".format
        self._check_count(len(datums), "datums")
        images, labels = images_of(datums, name)
        self._add(images, labels, name)

    def add_mat_vector(self, mats: Sequence[Array], labels: Sequence[int]) -> None:
        """Transform images and serve them cyclically from the next batch on.

        Args:
            mats: images in OpenCV's layout: height x width, or height x width x channels (blue, green, red),
                uint8 or float32; their number is a multiple of ``batch_size``.
            labels: one per image.

        Raises:
            DataError: an image doesn't fit, or images added before have not all been served.
        """
        name = f"layer '{self.name}': mat {{}}".format
        self._check_count(len(mats), "mats")
        if len(labels) != len(mats):
            raise DataError(f"layer '{self.name}': {len(labels)} labels for {len(mats)} mats")
        for index, mat in enumerate(mats):
            if mat.ndim not in (2, 3) or mat.dtype not in (np.uint8, np.float32):
                received = f"{mat.dtype} of shape {mat.shape}"
                expected = "uint8 or float32, height x width or height x width x channels"
                raise DataError(f"{name(index)}: {received}; expected {expected}")
        images = [mat[None] if mat.ndim == 2 else mat.transpose(2, 0, 1) for mat in mats]
        self._add(images, np.array(labels, np.float32), name)

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Serve arrays unchanged and cyclically from the next batch on.

        Args:
            data: count x channels x height x width; ``count`` is a multiple of ``batch_size``.
            labels: one per image, of shape count or count x 1 x 1 x 1.

        Raises:
            DataError: the shapes don't fit.
        """
        p = self.param.memory_data_param
        images, values = np.asarray(data, np.float32), np.asarray(labels, np.float32)
        expected = tuple(getattr(p, axis) for axis in _AXES)
        if images.shape[1:] != expected or not len(images) or len(images) % p.batch_size:
            raise DataError(
                f"layer '{self.name}': data of shape {images.shape}; expected a multiple of {p.batch_size} "
                f"images of {' x '.join(map(str, expected))} (channels x height x width)"
            )
        if values.size != len(images):
            raise DataError(f"layer '{self.name}': {values.size} labels for {len(images)} images")
        if self.param.HasField("transform_param"):
            log.warning(
                "MemoryData does not transform array data on Reset(): layer '%s' serves arrays unchanged; "
                "its transform_param applies to add_datum_vector and add_mat_vector",
                self.name,
            )
        self._serve(images, values.reshape(-1))
        self._is_serving = False

    def samples(self) -> Samples:
        raise DataError(f"layer '{self.name}' (MemoryData) has no data; call its set_input_arrays first")

    def _check_count(self, count: int, what: str) -> None:
        size = self.plan.batch_size
        if not count or count % size:
            raise DataError(
                f"layer '{self.name}': {count} {what}; expected a multiple of the batch size, {size}"
            )
        if self._is_serving:
            raise DataError(
                f"layer '{self.name}': the images added before are still being served; add more after "
                f"{self.batches_per_pass} forward passes"
            )

    def _add(self, images: Images, labels: Floats, name_of: Callable[[int], str]) -> None:
        p = self.param.memory_data_param
        numbers = np.arange(len(images)) + self.clock.batch * p.batch_size
        key = stable_seed(self.clock.seed, self.name, "samples")
        blob = self.pipeline(self.param)(images, numbers, key, name_of)
        expected = tuple(getattr(p, axis) for axis in _AXES)
        if blob.shape[1:] != expected:
            raise DataError(
                f"layer '{self.name}': images of {' x '.join(map(str, blob.shape[1:]))} after "
                f"transform_param; expected {' x '.join(map(str, expected))} (channels x height x width), "
                "from memory_data_param"
            )
        self._serve(blob, labels)
        self._is_serving = True

    def _serve(self, images: Floats, labels: Floats) -> None:
        self.close()
        self.source = ArraySamples(images, labels)
        self.first_batch = self.clock.batch

    @property
    def epoch_size(self) -> int:
        """The number of images; 0 before any are set."""
        return len(self.source) if "source" in self.__dict__ else 0


_AXES = ("channels", "height", "width")
