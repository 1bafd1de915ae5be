"""``caffe.Classifier``: a net that maps images to class scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.pycaffe import io
from layerzoo.pycaffe.net import Net
from layerzoo.pycaffe.proto.caffe_pb2 import TEST

Array = NDArray[Any]


class Classifier(Net):
    """A net whose first input takes images and whose first output holds their scores.

    Args:
        model_file: the config.
        pretrained_file: the weights.
        image_dims: height and width to resize images to before cropping; by default the net's input size.
        mean, input_scale, raw_scale, channel_swap: as in `io.Transformer`.
        any_python: as in `Net`.
    """

    def __init__(
        self,
        model_file: str,
        pretrained_file: str,
        image_dims: Sequence[int] | None = None,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        *,
        any_python: bool = True,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file, any_python=any_python)
        self.transformer = make_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].data.shape[2:])
        self.image_dims = image_dims if image_dims else self.crop_dims

    def predict(self, inputs: Sequence[Array], oversample: bool = True) -> Array:
        """Compute the scores of images.

        Args:
            inputs: each height x width x channels.
            oversample: average over ten crops: corners, centre, and their mirrored versions; else use the
                centre crop.

        Returns:
            images x classes.
        """
        height, width = (int(d) for d in self.image_dims)
        images = np.stack([io.resize_image(image, (height, width)) for image in inputs])
        if oversample:
            crops: Array = io.oversample(images, self.crop_dims)  # type: ignore[arg-type]  # an array is a sequence
        else:
            centre = np.array((height, width)) / 2.0
            y, x = (int(v) for v in centre - self.crop_dims / 2.0)
            crops = images[:, y : y + int(self.crop_dims[0]), x : x + int(self.crop_dims[1]), :]
        name = self.inputs[0]
        batch: Any = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        predictions = self.forward_all(None, **{name: batch})[self.outputs[0]]
        if oversample:
            predictions = predictions.reshape(len(predictions) // 10, 10, -1).mean(1)
        return predictions


def make_transformer(
    net: Net,
    mean: Array | None,
    input_scale: float | None,
    raw_scale: float | None,
    channel_swap: Sequence[int] | None,
) -> io.Transformer:
    """Make the preprocessing of a net's first input."""
    name = net.inputs[0]
    transformer = io.Transformer({name: net.blobs[name].data.shape})
    transformer.set_transpose(name, (2, 0, 1))
    if mean is not None:
        transformer.set_mean(name, mean)
    if input_scale is not None:
        transformer.set_input_scale(name, input_scale)
    if raw_scale is not None:
        transformer.set_raw_scale(name, raw_scale)
    if channel_swap is not None:
        transformer.set_channel_swap(name, channel_swap)
    return transformer
