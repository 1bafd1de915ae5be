"""Base classes and registry of the pipeline's steps.

To add a step, add a field to ``TransformationParameter``, a module in `layerzoo.data.transform.steps` and a
test::

    @step
    class Invert(Step):
        '''Invert every value: 255 - x.'''

        fields, rank = ("invert",), 55

        @classmethod
        def of(cls, param, phase):
            return cls() if param.invert else None

        def __call__(self, batch):
            np.subtract(255, batch.blob(), out=batch.blob())
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self, TypeVar

import numpy as np
from google.protobuf.message import Message

from layerzoo.data.colors import to_bytes
from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3, of_bytes
from layerzoo.data.transform.device_batch import DeviceBatch
from layerzoo.errors import LayerFault
from layerzoo.registry import Registry
from layerzoo.schema import TransformationParameter


class Step(ABC):
    """One step of a transform pipeline.

    Attributes:
        fields: the fields of ``transform_param`` that it reads.
        rank: its position among the steps of ``transform_param``, lowest first; None for a step that data
            layers insert themselves.
        random: whether its result for an image is random.
        moves: whether it may move what the images show, so that boxes and masks have to move along.
        on_devices: whether it can run on the net's device, by `run_on_device`.
        defers: whether the steps after it that can run on the net's device do so.
    """

    fields: ClassVar[tuple[str, ...]] = ()
    rank: ClassVar[int | None] = None
    random: bool = False
    moves: ClassVar[bool] = False
    on_devices: ClassVar[bool] = False
    defers: ClassVar[bool] = False

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        """Create the step that a ``transform_param`` configures; None if it configures none.

        Raises:
            LayerFault: fields contradict each other, or a file that they name is missing.
            DataError: a file that they name is damaged.
        """
        return None

    def top_shape(self, shape: Shape3) -> Shape3:
        """Shape of the result for an image of ``shape`` (channels, height, width).

        Raises:
            LayerFault: the step doesn't accept the shape.
        """
        return shape

    def accepted_shape(self, shape: Shape3) -> Shape3:
        """The shape closest to ``shape`` that the step accepts, to guess the shapes of missing files."""
        return shape

    @abstractmethod
    def __call__(self, batch: Batch) -> None:
        """Apply the step to a batch, in place."""

    def run_on_device(self, batch: DeviceBatch) -> None:
        """Apply the step to a batch on the net's device, in place; for a step with `on_devices`."""
        raise NotImplementedError(type(self).__name__)


class ImageStep(Step):
    """A step that processes images one by one, such as decoding; it precedes all arithmetic.

    Consecutive image steps run image by image, so that intermediate results exist for one image at a time.
    """

    @abstractmethod
    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image | Encoded:
        """Apply the step to one image.

        Args:
            image: the result of the previous step.
            index: index of the image in the batch.
            batch: the batch, for random numbers and names.

        Raises:
            DataError: the step can't process the image.
        """

    def __call__(self, batch: Batch) -> None:
        """Apply the step to a batch, image by image."""
        batch.images = [self.image(image, index, batch) for index, image in enumerate(batch.images)]


class ByteStep(ImageStep):
    """An image step that computes with bytes.

    Images of values from 0 to `Batch.peak` are rounded to 256 levels, changed, and scaled back. Values of the
    config that are in the images' units have to be divided by `Batch.level`.
    """

    @abstractmethod
    def of_bytes(self, image: Image, index: int, batch: Batch) -> Image:
        """Apply the step to one image of bytes.

        Raises:
            DataError: the step can't process the image.
        """

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        """Apply the step to one image.

        Raises:
            DataError: its values aren't bytes, and `Batch.peak` is unknown.
        """
        if isinstance(image, np.ndarray) and image.dtype != np.uint8 and batch.peak:
            batch.level = batch.peak / 255
            changed = self.of_bytes(to_bytes(image * np.float32(255 / batch.peak)), index, batch)
            return changed.astype(np.float32) * np.float32(batch.peak / 255)
        batch.level = 1.0
        return self.of_bytes(of_bytes(image, self.fields[0], batch.name_of(index)), index, batch)


STEPS: Registry[Step] = Registry("transform step", "layerzoo.data.transform.steps")

S = TypeVar("S", bound=type[Step])


def step(cls: S) -> S:
    """Register a step under its class name; for use as a decorator.

    Raises:
        LayerzooError: the name is already registered.
    """
    STEPS.register(cls.__name__, cls)
    return cls


def check_limits(param: Message, field: str, limits: Mapping[str, float]) -> None:
    """Check that some fields of a message are from 0 to a limit each.

    Args:
        param: the message.
        field: its own name, for errors.
        limits: the limit of each field.

    Raises:
        LayerFault: one isn't.
    """
    for name, most in limits.items():
        value = getattr(param, name)
        if not 0 <= value <= most:
            message = f"{name} is {value:g}; it has to be 0 to {most:g}"
            raise LayerFault(message, field=f"{field}.{name}")
