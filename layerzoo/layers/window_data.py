"""WindowData: random windows of images, for R-CNN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.draws import Draws, Ints, StreamKey, batch_starts
from layerzoo.data.image import Encoded
from layerzoo.data.listed_files import locate
from layerzoo.data.samples import Array, Image, Samples
from layerzoo.data.transform import Batch, ImageStep, Pipeline, Step
from layerzoo.data.transform.batch import Shape3
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.mean import Mean
from layerzoo.data.transform.steps.scale import Scale
from layerzoo.data.unread_fields import all_but_prefetch, moved_to_transform, not_for
from layerzoo.data.windows import Box, cut_window, read_windows
from layerzoo.errors import DataError, LayerFault
from layerzoo.image_file import read_file
from layerzoo.layer import Shape, exactly, register
from layerzoo.schema import LayerParameter, TransformationParameter

_READ = ("scale", "mirror", "crop_size", "mean_file", "mean_value", "force_color", "force_gray")
_UNREAD = [field.name for field in TransformationParameter.DESCRIPTOR.fields if field.name not in _READ]


@register
class WindowData(DataLayer):
    """Random windows from a window file: first background, then a fraction ``fg_fraction`` of objects.

    An object overlaps an annotated one by at least ``fg_threshold``; background overlaps by less than
    ``bg_threshold`` and has label 0. A window is cropped with ``context_pad`` pixels of context and warped to
    ``crop_size``; pixels outside the image are 0.

    Shapes: tops (batch_size, channels, crop_size, crop_size) and the labels (batch_size). Source: Caffe's
    ``window_data_layer``; Girshick et al. 2014.
    """

    family = "data"
    reads_images = True
    example = 'source: "windows.txt" batch_size: 128 crop_size: 227 context_pad: 16'
    tops = exactly(2)
    messages = ("window_data_param", "transform_param", "data_param")
    ignores: ClassVar[Mapping[str, str]] = {
        **moved_to_transform("window_data_param", "mean_file", "crop_size", "mirror"),
        **all_but_prefetch("window_data_param"),
        **not_for("the number of channels in the file selects colour or grey", "force_color", "force_gray"),
        **not_for("windows are only cropped and resized to crop_size", *_UNREAD),
    }
    without_switches: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ["shuffle", "limit", "sampler", "split", "val_share", "test_share", "cache"], "windows are random"
    )
    list_field = "window_data_param.source"
    path_fields = ("window_data_param.source", "window_data_param.root_folder", "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.window_data_param.batch_size, "window_data_param.batch_size")
        return Reading(size, param.data_param.prefetch)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        return _pipeline(param, color=True)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "windows are random"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        crop = positive(param.transform_param.crop_size, "transform_param.crop_size")
        p = param.window_data_param
        if p.crop_mode not in {"warp", "square"}:
            field = "window_data_param.crop_mode"
            hint = "expected 'warp' or 'square'"
            raise LayerFault(f"unknown crop_mode '{p.crop_mode}'", field=field, hint=hint)
        if 2 * p.context_pad >= crop:
            message = f"context_pad {p.context_pad} leaves no pixels of a window in a crop_size of {crop}"
            raise LayerFault(message, field="window_data_param.context_pad", hint="make it smaller")
        with opening("window_data_param.source", p.source, "a window file"):
            channels = next(read_windows(p.source)).channels
        image = _pipeline(param, channels == 3).top_shape((channels, crop, crop))
        return [(size, *image), (size,)]

    def samples(self) -> Samples:
        return _Windows(self.param)


class _Windows(Samples):
    """Random windows in the order of a batch, background first."""

    def __init__(self, param: LayerParameter) -> None:
        self._layer, self._param = param, param.window_data_param
        self._mirror = param.transform_param.mirror
        p = self._param
        with opening("window_data_param.source", p.source, "a window file"):
            images = list(read_windows(p.source))
        self.channels = images[0].channels
        self._paths = [locate(image.path, p.root_folder, Path(p.source)) for image in images]
        windows = np.concatenate([image.windows for image in images])
        self._image_of = np.repeat(np.arange(len(images)), [len(image.windows) for image in images])
        self._windows, overlaps = windows, windows[:, 1]
        self._objects = np.flatnonzero(overlaps >= p.fg_threshold)
        self._background = np.flatnonzero(overlaps < min(p.fg_threshold, p.bg_threshold))
        windows[self._background, 0] = 0
        if (wrong := self._objects[windows[self._objects, 0] < 1]).size:
            path = self._paths[self._image_of[wrong[0]]]
            raise DataError(f"{p.source}: a window of {path} shows an object, but its class is below 1")
        self._check(p.batch_size)
        pipeline = _pipeline(param, self.channels == 3)
        self._before, self._after = pipeline.steps[:1], pipeline.steps[2:]
        self._cache: dict[Path, bytes] = {}

    def __len__(self) -> int:
        return len(self._objects) + len(self._background)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        draws = Draws(key, numbers, 2)
        # the batch of all processes together, so that their number doesn't change which windows are read
        size = key.batch_size if isinstance(key, StreamKey) else self._param.batch_size
        show_object = numbers - batch_starts(key, numbers) >= self._check(size)
        which = draws.below(np.where(show_object, len(self._objects), len(self._background)), 0)
        chosen = np.empty_like(which)
        chosen[show_object] = self._objects[which[show_object]]
        chosen[~show_object] = self._background[which[~show_object]]
        flips = draws.below(2, 1) * self._mirror
        shown = self._image_of[chosen].tolist()
        names = [f"{self._paths[image]} (image {image} of {self._param.source})" for image in shown]
        cut = _Cut(self._layer, self._windows[chosen, 2:].astype(int).tolist(), flips.tolist())
        images = [Encoded(self._bytes(self._paths[i], name)) for i, name in zip(shown, names, strict=True)]
        pipeline = Pipeline(*self._before, cut, *self._after)
        return pipeline(images, numbers, key, names.__getitem__), self._windows[chosen, 0]

    def _check(self, batch_size: int) -> int:
        """The number of windows of background in a batch, its first; a DataError if a kind has none."""
        p = self._param
        objects = int(np.float32(batch_size) * np.float32(p.fg_fraction))
        counts = {"objects": (self._objects, objects), "background": (self._background, batch_size - objects)}
        for kind, (candidates, count) in counts.items():
            if count and not len(candidates):
                raise DataError(f"{p.source}: no windows of {kind}, of which a batch takes {count}")
        return batch_size - objects

    def _bytes(self, path: Path, name: str) -> bytes:
        data = self._cache.get(path) or read_file(path, name)
        if self._param.cache_images:
            self._cache[path] = data
        return data


class _Cut(ImageStep):
    """Crop a window of each image and warp it to ``crop_size``; pixels outside the image are 0.

    Args:
        param: the layer's message.
        boxes: the window of each image: x1, y1, x2, y2.
        flips: whether each window is mirrored.
    """

    random = True

    def __init__(
        self, param: LayerParameter, boxes: Sequence[Sequence[int]] = (), flips: Sequence[int] = ()
    ) -> None:
        self._param = param.window_data_param
        self._size = param.transform_param.crop_size
        self._boxes, self._flips = boxes, flips

    def top_shape(self, shape: Shape3) -> Shape3:
        return (shape[0], self._size or shape[1], self._size or shape[2])

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "decoded before"
        p, box = self._param, Box(*self._boxes[index])
        square, flip = p.crop_mode == "square", bool(self._flips[index])
        try:
            cut, top, left = cut_window(image, box, self._size, p.context_pad, square, flip)
        except ValueError as error:
            raise DataError(f"a window of {batch.name_of(index)}, {tuple(box)}, is {error}") from None
        batch.canvas = (self._size, self._size)
        batch.places.append(np.s_[:, top : top + cut.shape[1], left : left + cut.shape[2]])
        return cut


def _pipeline(param: LayerParameter, color: bool) -> Pipeline:
    """The layer's pipeline, without the windows of a batch."""
    transform, p = param.transform_param, param.window_data_param
    mean: Step | None = Mean.of(transform, param.phase)
    if isinstance(mean, Mean):
        mean = mean.centre(transform.crop_size)
    # Caffe reads window_data_param.scale, which its upgrade of old nets moves to transform_param
    scale = Scale(p.scale if p.HasField("scale") else transform.scale)
    return Pipeline(Decode(color), _Cut(param), mean, scale)
