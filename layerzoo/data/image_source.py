"""Base class of the layers that read image files of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

from layerzoo.data.data_layer import DataLayer
from layerzoo.data.image import read_image
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.unread_fields import without_boxes
from layerzoo.layer import Arity, Shape, exactly
from layerzoo.schema import LayerParameter

AHEAD: Final = 4
"""Batches that are read ahead."""


class ImageSource(DataLayer):
    """A layer whose first top holds images after ``transform_param``, in colour unless ``force_gray`` is set.

    Without a new size or a crop, the images of a batch must have equal sizes.
    """

    family = "data"
    reads_images = True
    tops: ClassVar[Arity] = exactly(2)
    ignores: ClassVar[Mapping[str, str]] = without_boxes()

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        """Decoding, and the steps of ``transform_param``."""
        decode = Decode.of(param.transform_param, param.phase)
        decode.color = decode.color is not False
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        return Pipeline(decode, *steps, to_one_size="give resize_param or crop_size in transform_param")

    @classmethod
    def image_shape(cls, param: LayerParameter, first: Path) -> Shape:
        """Channels, height and width of the transformed images; ``first`` is the first image.

        Raises:
            LayerFault: a transform doesn't accept it.
            DataError: it can't be read.
        """
        color = not param.transform_param.force_gray
        channels, height, width = read_image(first, color).shape
        return cls.pipeline(param).top_shape((channels, height, width))
