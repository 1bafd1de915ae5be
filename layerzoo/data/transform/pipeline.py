"""The transform pipeline: a list of steps, applied to batches of images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache
from itertools import takewhile
from typing import Final

import numpy as np
from torch import Tensor

from layerzoo.data.draws import Ints
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Floats, Image, Kept
from layerzoo.data.transform.batch import Batch, Images, Shape3
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.data.transform.step import STEPS, ImageStep, Step
from layerzoo.errors import BatchError, DataError, LayerFault
from layerzoo.schema import TransformationParameter

_BEFORE_DEVICE: Final = "resize them to one size, which the steps on the device (on_device) need"


class Pipeline:
    """Steps that turn images into a blob.

    The steps of ``transform_param`` compute the same as Caffe's data transformer:
    ``(crop(x) - crop(mean)) * scale``, optionally mirrored.

    Args:
        steps: the steps in order; None entries are skipped.
        to_one_size: the fix for images of different sizes, for the error.
        peak: the value of white in images that aren't of bytes; None if it is unknown.

    Attributes:
        peak: see above.
        steps: all steps.
        deferred: the last of them, which `run_on_device` applies; a call leaves them out.
    """

    def __init__(
        self,
        *steps: Step | None,
        to_one_size: str = "resize or crop them to one size",
        peak: float | None = None,
    ) -> None:
        self._to_one_size, self.peak = to_one_size, peak
        self.steps = [step for step in steps if step is not None]
        self.deferred: list[Step] = []
        if any(step.defers for step in self.steps):
            self.deferred = list(takewhile(lambda step: step.on_devices, reversed(self.steps)))[::-1]
        self._hosted = self.steps[: len(self.steps) - len(self.deferred)]
        self._first = [s for s in takewhile(_takes_one, self._hosted) if isinstance(s, ImageStep)]
        self._rest = self._hosted[len(self._first) :]
        self._fixed = len(list(takewhile(lambda step: not step.random, self._first)))
        self._kept: Kept | None = None

    def keep(self, kept: Kept) -> bool:
        """Keep images after the leading steps that aren't random; see `Samples.keep`."""
        self._kept = kept if self._fixed else None
        return self._fixed > 0

    @property
    def random(self) -> bool:
        """Whether the result for an image is random."""
        return any(step.random for step in self.steps)

    @property
    def is_random_on_host(self) -> bool:
        """Whether a step that isn't deferred is random."""
        return any(step.random for step in self._hosted)

    def top_shape(self, shape: Shape3) -> Shape3:
        """Shape of the result for an image of ``shape`` (channels, height, width).

        Raises:
            LayerFault: a step doesn't accept the shape.
        """
        for step in self.steps:
            shape = step.top_shape(shape)
        return shape

    def accepted_shape(self, shape: Shape3) -> Shape3:
        """Shape of the result for the shape closest to ``shape`` that every step accepts."""
        for step in self.steps:
            shape = step.top_shape(step.accepted_shape(shape))
        return shape

    def split(self) -> tuple[Pipeline, Pipeline]:
        """Split into the leading deterministic steps, whose results can be kept, and the rest."""
        fixed = list(takewhile(lambda step: not (step.random or step.defers), self._hosted))
        return Pipeline(*fixed), Pipeline(*self.steps[len(fixed) :], peak=self.peak)

    def image(self, image: Image | Encoded, name: str) -> Image:
        """Apply the leading steps that take one image at a time, such as decoding and resizing.

        Raises:
            DataError: the image can't be decoded.
        """
        return self._one(image, 0, Batch([image], np.zeros(1, np.int64), name_of=lambda _: name))

    def __call__(
        self,
        images: Images,
        numbers: Ints,
        key: int = 0,
        name_of: Callable[[int], str] = "image {} of the batch".format,
        boxes: Sequence[Boxes] | None = None,
        masks: list[Image] | None = None,
    ) -> Floats:
        """Transform a batch of images to count x channels x height x width, but for the deferred steps.

        Args:
            images: each channels x height x width, or encoded; sizes may differ if a step unifies them.
            numbers: their numbers in the endless sequence; with ``key`` they seed the random steps.
            key: key of the random stream.
            name_of: gives the name of an image for error messages, by its index.
            boxes: the boxes of each image, which are changed along with the images.
            masks: the label image of each image; the list is changed along with the images.

        Raises:
            DataError: an image can't be decoded.
            BatchError: its shape doesn't match that of the first.
        """
        batch = Batch(images, numbers, key, name_of)
        batch.boxes, batch.masks, batch.peak = boxes, masks, self.peak
        self._each(batch)
        self._check(batch)
        for step in self._rest:
            step(batch)
        if masks is not None and batch.masks is not None:
            masks[:] = batch.masks
        return self._stacked(batch) if self.deferred else batch.blob()

    def run_on_device(self, images: Tensor, numbers: Ints, key: int) -> Tensor:
        """Apply the deferred steps to the result of a call, on the device that it is on.

        Args:
            images: count x channels x height x width.
            numbers, key: those of the call.
        """
        batch = DeviceBatch(images, numbers, key, self.peak)
        for step in self.deferred:
            step.run_on_device(batch)
        return batch.images.float()

    @staticmethod
    def _stacked(batch: Batch) -> Floats:
        """The images as one array of the type that they have, bytes if they are of bytes."""
        images = batch.pixels
        if not isinstance(images, np.ndarray):
            return np.stack(images)
        return images if images.flags.writeable else images.copy()  # it may be memory that is used again

    def _each(self, batch: Batch) -> None:
        """Apply the leading image steps, image by image."""
        if isinstance(batch.images, np.ndarray):
            for step in self._first:
                step(batch)
        elif self._first:
            batch.images = [self._one(image, index, batch) for index, image in enumerate(batch.images)]

    def _one(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        first = 0
        if self._kept is not None and isinstance(image, Encoded):
            # boxes and masks move along with the image in every step but decoding
            first = self._fixed if batch.boxes is None and batch.masks is None else min(1, self._fixed)
            image = self._known(self._kept, image, index, batch, first)
        for step in self._first[first:]:
            image = step.image(image, index, batch)
        return image  # type: ignore[return-value]  # Decode is the first step

    def _known(self, kept: Kept, image: Image | Encoded, index: int, batch: Batch, count: int) -> Image:
        """The result of the first ``count`` steps for an image, from where it is kept."""
        known = kept.get(index)
        if known is not None:
            return known
        for step in self._first[:count]:
            image = step.image(image, index, batch)
        kept.put(index, image)  # type: ignore[arg-type]  # decoded
        return image  # type: ignore[return-value]

    def _check(self, batch: Batch) -> None:
        """Check that all images have the same shape after the remaining steps."""
        images = batch.pixels
        first = _shape3(images[0])
        if batch.canvas is not None:
            self._result(batch, 0, (first[0], *batch.canvas))
            return
        top = self._result(batch, 0, first)
        if isinstance(images, np.ndarray):
            return
        for index, image in enumerate(images):
            if image.shape == first:
                continue
            shape = _shape3(image)
            if shape[0] != first[0]:
                raise BatchError(
                    f"{batch.name_of(index)}: {shape[0]} channels, but {batch.name_of(0)} of the same batch "
                    f"has {first[0]}",
                    "set force_color or force_gray in transform_param, which apply to encoded images",
                )
            if self._result(batch, index, shape) != top:
                fix = _BEFORE_DEVICE if self.deferred else self._to_one_size
                raise BatchError(
                    f"{batch.name_of(index)}: {_size(shape)} (channels x height x width), but "
                    f"{batch.name_of(0)} of the same batch is {_size(first)}",
                    f"{fix}, or set batch_size: 1, which takes images of any size",
                )

    def _result(self, batch: Batch, index: int, shape: Shape3) -> Shape3:
        try:
            for step in self._rest:
                shape = step.top_shape(shape)
        except LayerFault as fault:
            raise DataError(f"{batch.name_of(index)}: {fault.message}") from None
        return shape


def transform_steps(param: TransformationParameter, phase: int, ignores: Collection[str] = ()) -> list[Step]:
    """Build the steps of a ``transform_param``, in order.

    Args:
        param: the message.
        phase: TRAIN or TEST.
        ignores: dotted fields whose steps are left out, such as ``transform_param.mirror``.

    Raises:
        LayerFault: fields contradict each other, or a file is missing.
        DataError: a file is damaged.
    """
    wanted = (
        kind for kind in _ranked() if not any(f"transform_param.{field}" in ignores for field in kind.fields)
    )
    return [step for kind in wanted if (step := kind.of(param, phase)) is not None]


@cache
def _ranked() -> list[type[Step]]:
    """The types of steps of ``transform_param`` in order."""
    kinds = [STEPS[name] for name in STEPS]
    return sorted((kind for kind in kinds if kind.rank is not None), key=lambda kind: kind.rank or 0)


def _takes_one(step: Step) -> bool:
    return isinstance(step, ImageStep)


def _shape3(image: Image) -> Shape3:
    channels, height, width = image.shape
    return channels, height, width


def _size(shape: Shape3) -> str:
    return " x ".join(map(str, shape))
