"""The base of the pipeline's steps, and where they are registered.

A step of one's own is a field of ``TransformationParameter``, a module in `layerzoo.data.transform.steps`
and a test::

    @step
    class Invert(Step):
        '''Turn every value over: 255 - x.'''

        fields, rank = ("invert",), 55

        @classmethod
        def of(cls, param, phase):
            return cls() if param.invert else None

        def __call__(self, batch):
            np.subtract(255, batch.blob(), out=batch.blob())
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Self, TypeVar

from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.registry import Registry
from layerzoo.schema import TransformationParameter


class Step(ABC):
    """One step between an image's file and its blob.

    Attributes:
        fields: the fields of ``transform_param`` it reads.
        rank: its place among the steps of ``transform_param``, the lowest first; None for a step that data
            layers place themselves.
        random: whether the same image may come out differently the next time.
    """

    fields: ClassVar[tuple[str, ...]] = ()
    rank: ClassVar[int | None] = None
    random: bool = False

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        """The step that a ``transform_param`` asks for; None where it asks for none.

        Raises:
            LayerFault: the message contradicts itself, or a file that it names is missing.
            DataError: a file that it names is damaged.
        """
        return None

    def top_shape(self, shape: Shape3) -> Shape3:
        """Shape of the result for an image of ``shape`` (channels, height, width).

        Raises:
            LayerFault: the step can't take such an image.
        """
        return shape

    def accepted_shape(self, shape: Shape3) -> Shape3:
        """The shape closest to ``shape`` that the step can take, for guesses about files that are absent."""
        return shape

    @abstractmethod
    def __call__(self, batch: Batch) -> None:
        """Do it to a batch, in place."""


class ImageStep(Step):
    """A step that takes one image after the other, such as decoding; it comes before all arithmetic.

    Consecutive ones are run image by image, so that only their last result is held for the whole batch.
    """

    @abstractmethod
    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image | Encoded:
        """The new image.

        Args:
            image: the image as the step before left it.
            index: its place in the batch.
            batch: the batch, for random numbers and names.

        Raises:
            DataError: the step can't take such an image.
        """

    def __call__(self, batch: Batch) -> None:
        """Do it to a batch, image by image."""
        batch.images = [self.image(image, index, batch) for index, image in enumerate(batch.images)]


STEPS: Registry[Step] = Registry("transform step", "layerzoo.data.transform.steps")

S = TypeVar("S", bound=type[Step])


def step(cls: S) -> S:
    """Register a step by its class's name; for use as a decorator.

    Raises:
        LayerzooError: another step has that name already.
    """
    STEPS.register(cls.__name__, cls)
    return cls
