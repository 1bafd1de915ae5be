"""``caffe.Detector``: a net that scores windows of images, as R-CNN does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import UsageError
from layerzoo.pycaffe import io
from layerzoo.pycaffe.classifier import make_transformer
from layerzoo.pycaffe.net import Net
from layerzoo.pycaffe.proto.caffe_pb2 import TEST

Array = NDArray[Any]


class Detector(Net):
    """A net that scores windows of images.

    Args:
        model_file: the config.
        pretrained_file: the weights.
        mean, input_scale, raw_scale, channel_swap: as in `io.Transformer`.
        context_pad: pixels of context around a window on each side, in the net's input.
        any_python: as in `Net`.
    """

    def __init__(
        self,
        model_file: str,
        pretrained_file: str,
        mean: Array | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
        *,
        any_python: bool = True,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file, any_python=any_python)
        self.transformer = make_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def detect_windows(
        self, images_windows: Iterable[tuple[str, Iterable[Sequence[float]]]]
    ) -> list[dict[str, Any]]:
        """Score windows.

        Args:
            images_windows: (file, windows) for each image; a window is (ymin, xmin, ymax, xmax).

        Returns:
            a dict with ``window``, ``prediction`` and ``filename`` for each window.
        """
        crops = [
            (file, window, self.crop(image, np.asarray(window)))
            for file, windows in images_windows
            for image in [io.load_image(file).astype(np.float32)]
            for window in windows
        ]
        name = self.inputs[0]
        batch: Any = np.stack([self.transformer.preprocess(name, crop) for _, _, crop in crops])
        scores = self.forward_all(None, **{name: batch})[self.outputs[0]]
        return [
            {"window": window, "prediction": score, "filename": file}
            for (file, window, _), score in zip(crops, scores, strict=True)
        ]

    def detect_selective_search(self, image_fnames: Sequence[str]) -> list[dict[str, Any]]:
        """Score the windows that selective search proposes for each image.

        The proposals come from the package ``selective_search_ijcv_with_python``, which runs MATLAB.

        Raises:
            ImportError: the package is not installed.
        """
        import selective_search_ijcv_with_python as selective_search  # type: ignore[import-not-found]  # MATLAB's

        names = [str(Path(name).absolute()) for name in image_fnames]  # MATLAB runs in another folder
        windows = selective_search.get_windows(names, cmd="selective_search_rcnn")
        return self.detect_windows(zip(names, windows, strict=True))

    def configure_crop(self, context_pad: int | None) -> None:
        """Set the amount of context around windows.

        Args:
            context_pad: pixels on each side, in the net's input; None or 0 disables it.
        """
        name = self.inputs[0]
        shape = self.blobs[name].data.shape
        self.crop_dims = np.array(shape[1:])[[1, 2, 0]]
        self.context_pad = context_pad
        self.crop_mean: Array = np.zeros(shape[1:], np.float32)
        if not context_pad:
            return
        mean = self.transformer.mean.get(name)
        scale = self.transformer.raw_scale.get(name, 1.0)
        order = self.transformer.transpose.get(name)
        if mean is not None:
            # pixels outside the image get the mean, which becomes 0 in the net's input
            whole = np.broadcast_to(mean, shape[1:]) / scale
            swap = self.transformer.channel_swap.get(name)
            if swap is not None:
                whole = whole[np.argsort(swap), :, :]
            self.crop_mean = whole.transpose(np.argsort(order)) if order is not None else whole
        elif order is not None:
            self.crop_mean = self.crop_mean.transpose(np.argsort(order))

    def crop(self, im: Array, window: Array) -> Array:
        """Cut a window out of an image; with context, warp it to the size of the net's input.

        Args:
            im: height x width x channels.
            window: (ymin, xmin, ymax, xmax).

        Raises:
            UsageError: ``context_pad`` covers the whole input.
        """
        if not self.context_pad:
            ymin, xmin, ymax, xmax = (int(v) for v in window)
            return im[ymin:ymax, xmin:xmax]
        size = self.blobs[self.inputs[0]].width
        if 2 * self.context_pad >= size:
            raise UsageError(
                f"context_pad {self.context_pad} on both sides covers the whole input, which is {size} wide; "
                f"expected less than {size / 2:g}"
            )
        scale = size / (size - self.context_pad * 2.0)
        box = np.asarray(window, float)
        halves = np.array([box[2] - box[0] + 1, box[3] - box[1] + 1]) / 2.0
        centre = box[:2] + halves
        wide = np.round(np.concatenate([centre - scale * halves, centre + scale * halves]))
        scale_h = size / (wide[2] - wide[0] + 1)
        scale_w = size / (wide[3] - wide[1] + 1)
        pad_y = round(max(0.0, -wide[0]) * scale_h)
        pad_x = round(max(0.0, -wide[1]) * scale_w)
        limits = np.array([im.shape[0], im.shape[1]] * 2)
        ymin, xmin, ymax, xmax = (int(v) for v in np.clip(wide, 0, limits))
        piece = im[ymin:ymax, xmin:xmax]
        # in R-CNN a window includes its last row and column
        height = min(round((ymax - ymin + 1) * scale_h), size - pad_y)
        width = min(round((xmax - xmin + 1) * scale_w), size - pad_x)
        out = np.array(self.crop_mean, np.float32)
        out[pad_y : pad_y + height, pad_x : pad_x + width] = io.resize_image(piece, (height, width))
        return out
