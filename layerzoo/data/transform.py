"""What ``transform_param`` does to images: crop, mean, scale, mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from layerzoo.data.draws import Draws, Ints
from layerzoo.data.mean import read_mean
from layerzoo.data.samples import Floats, Image
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TRAIN, TransformationParameter

Shape3 = tuple[int, int, int]


class Transform:
    """Caffe's transform of images: ``(crop(x) - crop(mean)) * scale``, then mirrored or not.

    The crop is random in TRAIN, the centre in TEST; mirroring is random in both. A mean image has the size
    of the images before the crop.

    Args:
        param: the layer's ``transform_param``.
        phase: TRAIN or TEST.

    Raises:
        LayerFault: ``param`` contradicts itself, or its mean file is missing.
        DataError: its mean file is damaged.
    """

    def __init__(self, param: TransformationParameter, phase: int) -> None:
        if param.HasField("mean_file") and param.mean_value:
            raise LayerFault(
                "both mean_file and mean_value", field="transform_param.mean_value", hint="give one"
            )
        if param.force_color and param.force_gray:
            field = "transform_param.force_gray"
            raise LayerFault("both force_color and force_gray", field=field, hint="give one")
        given = {field.name for field, _ in param.ListFields()}
        for name in ("resize_param", "noise_param"):
            if name in given:
                hint = "remove it; convert_imageset resizes images beforehand"
                raise LayerFault(f"{name} can't be done yet", field=f"transform_param.{name}", hint=hint)
        self.crop = param.crop_size
        self.mirror = param.mirror
        self.scale = np.float32(param.scale)
        self.random_crop = bool(self.crop) and phase == TRAIN
        self.color = True if param.force_color else False if param.force_gray else None
        """Whether encoded images are read as colour, as grey, or (None) as they are."""
        self._mean_values = np.array(param.mean_value, np.float32)[:, None, None]
        self._mean_image: Floats | None = None
        if param.HasField("mean_file"):
            mean = _mean_of(param.mean_file)
            if mean.shape[1:] == (1, 1):
                self._mean_values = mean
            else:
                self._mean_image = mean

    @property
    def random(self) -> bool:
        """Whether the same image may come out differently the next time."""
        return self.random_crop or self.mirror

    def top_shape(self, shape: Shape3) -> Shape3:
        """Shape of the result for an image of ``shape`` (channels, height, width).

        Raises:
            LayerFault: the image is smaller than the crop, or the mean doesn't fit it.
        """
        channels, height, width = shape
        size = " x ".join(map(str, shape))
        if self.crop and (height < self.crop or width < self.crop):
            message = f"a crop of {self.crop} out of images of {size} (channels x height x width)"
            raise LayerFault(
                message, field="transform_param.crop_size", hint="make it smaller, or resize them"
            )
        if self._mean_image is not None and self._mean_image.shape != tuple(shape):
            mean = " x ".join(map(str, self._mean_image.shape))
            message = f"a mean of {mean} for images of {size} (channels x height x width)"
            hint = "the mean has the size of the images before the crop"
            raise LayerFault(message, field="transform_param.mean_file", hint=hint)
        if len(self._mean_values) not in (0, 1, channels):
            message = f"{len(self._mean_values)} values of mean_value for {channels} channels"
            raise LayerFault(message, field="transform_param.mean_value", hint=f"give 1 or {channels}")
        return (channels, self.crop or height, self.crop or width)

    def __call__(
        self,
        images: Sequence[Image] | Image,
        numbers: Ints,
        key: int = 0,
        name_of: Callable[[int], str] = "image {} of the batch".format,
    ) -> Floats:
        """A batch, transformed: count x channels x height x width.

        Args:
            images: each channels x height x width; they may differ in size where there is a crop.
            numbers: their numbers in the endless sequence; with ``key`` the source of what is random.
            key: names the random stream.
            name_of: what an error calls the image of that index.

        Raises:
            DataError: an image differs from the first in a way that doesn't fit into one batch.
        """
        shape = self._shape_of(images, name_of)
        batch = np.empty((len(images), *shape), np.float32)
        if isinstance(images, np.ndarray) and not self.crop and not self.mirror:
            self._subtract_mean_image(images, batch)
        else:
            self._place(images, batch, Draws(key, numbers, 3))
        if len(self._mean_values):
            batch -= self._mean_values
        if self.scale != 1:
            batch *= self.scale
        return batch

    def _place(self, images: Sequence[Image] | Image, batch: Floats, draws: Draws) -> None:
        """Crop, mean image and mirror of each image into ``batch``."""
        height, width = batch.shape[2:]
        sizes = np.array([image.shape[1:] for image in images], np.int64)
        spare = sizes - (height, width)
        flips = draws.below(2, 0) if self.mirror else np.zeros(len(images), np.int64)
        if self.random_crop:
            tops, lefts = draws.below(spare[:, 0] + 1, 1), draws.below(spare[:, 1] + 1, 2)
        else:
            tops, lefts = spare.T // 2
        for image, out, y, x, flip in zip(
            images, batch, tops.tolist(), lefts.tolist(), flips.tolist(), strict=True
        ):
            window = np.s_[:, y : y + height, x : x + width]
            target = out[:, :, ::-1] if flip else out
            if self._mean_image is None:
                target[:] = image[window]
            else:
                np.subtract(image[window], self._mean_image[window], out=target)

    def _subtract_mean_image(self, images: Image, batch: Floats) -> None:
        if self._mean_image is None:
            batch[:] = images
        else:
            np.subtract(images, self._mean_image, out=batch)

    def _shape_of(self, images: Sequence[Image] | Image, name_of: Callable[[int], str]) -> Shape3:
        first = _shape3(images[0])
        if not isinstance(images, np.ndarray):
            for index, image in enumerate(images):
                if image.shape != first:
                    self._check_fits(_shape3(image), first, name_of(index))
        try:
            return self.top_shape(first)
        except LayerFault as fault:
            raise DataError(f"{name_of(0)}: {fault.message}") from None

    def _check_fits(self, shape: Shape3, first: Shape3, name: str) -> None:
        size = " x ".join(map(str, shape))
        if shape[0] != first[0]:
            raise DataError(
                f"{name}: {shape[0]} channels in a batch of images with {first[0]}; "
                "force_color or force_gray in transform_param makes encoded images alike"
            )
        if self.crop and min(shape[1:]) < self.crop:
            raise DataError(
                f"{name}: {size} (channels x height x width) is smaller than the crop, {self.crop}"
            )
        if (not self.crop or self._mean_image is not None) and shape != first:
            raise DataError(
                f"{name}: {size} (channels x height x width) in a batch of images of "
                f"{' x '.join(map(str, first))}; make them alike, crop them, or take a batch_size of 1"
            )


def _shape3(image: Image) -> Shape3:
    channels, height, width = image.shape
    return channels, height, width


def _mean_of(path: str) -> Floats:
    try:
        return read_mean(path)
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "compute_image_mean writes one"
        message = f"mean file '{path}' can't be read: {reason}"
        raise LayerFault(message, field="transform_param.mean_file", hint=hint) from None
