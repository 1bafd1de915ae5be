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
from typing import ClassVar, Self, TypeVar

from layerzoo.data.image import Encoded
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.registry import Registry
from layerzoo.schema import TransformationParameter


class Step(ABC):
    """One step of a transform pipeline.

    Attributes:
        fields: the fields of ``transform_param`` that it reads.
        rank: its position among the steps of ``transform_param``, lowest first; None for a step that data
            layers insert themselves.
        random: whether its result for an image is random.
    """

    fields: ClassVar[tuple[str, ...]] = ()
    rank: ClassVar[int | None] = None
    random: bool = False

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


STEPS: Registry[Step] = Registry("transform step", "layerzoo.data.transform.steps")

S = TypeVar("S", bound=type[Step])


def step(cls: S) -> S:
    """Register a step under its class name; for use as a decorator.

    Raises:
        LayerzooError: the name is already registered.
    """
    STEPS.register(cls.__name__, cls)
    return cls
