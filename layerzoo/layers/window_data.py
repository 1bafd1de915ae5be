"""WindowData: windows of images, sampled for R-CNN."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.draws import Draws, Ints
from layerzoo.data.image import decode, read_bytes
from layerzoo.data.listed_files import locate
from layerzoo.data.mean import read_mean
from layerzoo.data.samples import Array, Floats, Samples
from layerzoo.data.windows import Box, cut_window, read_windows
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Shape, exactly, register
from layerzoo.schema import LayerParameter, WindowDataParameter


@register
class WindowData(DataLayer):
    """Windows drawn at random from a window file: of each batch ``fg_fraction`` show objects (they overlap
    one by ``fg_threshold`` or more), the first of it background (below ``bg_threshold``, label 0).

    A window is cut out with ``context_pad`` pixels around it and warped to ``crop_size``; what lies outside
    the image is 0.

    Shapes: tops (batch_size, channels, crop_size, crop_size) and the labels (batch_size). Source: Caffe's
    ``window_data_layer``; Girshick et al. 2014.
    """

    family = "data"
    example = 'source: "windows.txt" batch_size: 128 crop_size: 227 context_pad: 16'
    tops = exactly(2)
    messages = ("window_data_param", "transform_param", "data_param")
    path_fields = ("window_data_param.source", "window_data_param.root_folder", "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.window_data_param.batch_size, "window_data_param.batch_size")
        return Reading(size, param.data_param.prefetch)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        crop = positive(param.transform_param.crop_size, "transform_param.crop_size")
        p = param.window_data_param
        if p.crop_mode not in {"warp", "square"}:
            field = "window_data_param.crop_mode"
            raise LayerFault(f"crop_mode '{p.crop_mode}'", field=field, hint="it is 'warp' or 'square'")
        if 2 * p.context_pad >= crop:
            field = "window_data_param.context_pad"
            raise LayerFault(
                f"context_pad {p.context_pad} leaves nothing of a crop_size of {crop}", field=field
            )
        with _opening(p):
            channels = next(read_windows(p.source)).channels
        _mean(param, channels)
        return [(size, channels, crop, crop), (size,)]

    def samples(self) -> Samples:
        return _Windows(self.param)


class _Windows(Samples):
    """Windows by chance; their order is the batch's, background first."""

    def __init__(self, param: LayerParameter) -> None:
        self._param = p = param.window_data_param
        self._transform = param.transform_param
        with _opening(p):
            images = list(read_windows(p.source))
        self.channels = images[0].channels
        self._paths = [locate(image.path, p.root_folder, Path(p.source)) for image in images]
        windows = np.concatenate([image.windows for image in images])
        self._image_of = np.repeat(np.arange(len(images)), [len(image.windows) for image in images])
        self._windows, overlaps = windows, windows[:, 1]
        self._objects = np.flatnonzero(overlaps >= p.fg_threshold)
        self._background = np.flatnonzero(overlaps < min(p.fg_threshold, p.bg_threshold))
        windows[self._background, 0] = 0
        self._object_count = int(np.float32(p.batch_size) * np.float32(p.fg_fraction))
        if (wrong := self._objects[windows[self._objects, 0] < 1]).size:
            path = self._paths[self._image_of[wrong[0]]]
            raise DataError(f"{p.source}: a window of {path} shows an object, but its class is below 1")
        for kind, found, wanted in (
            ("objects", self._objects, self._object_count),
            ("background", self._background, p.batch_size - self._object_count),
        ):
            if wanted and not len(found):
                raise DataError(f"{p.source}: no windows of {kind}, of which a batch takes {wanted}")
        self._mean = _mean(param, self.channels)
        self._held: dict[Path, bytes] = {}

    def __len__(self) -> int:
        return len(self._objects) + len(self._background)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        size = self._transform.crop_size
        draws = Draws(key, numbers, 2)
        show_object = np.arange(len(numbers)) >= self._param.batch_size - self._object_count
        which = draws.below(np.where(show_object, len(self._objects), len(self._background)), 0)
        chosen = np.empty_like(which)
        chosen[show_object] = self._objects[which[show_object]]
        chosen[~show_object] = self._background[which[~show_object]]
        flips = draws.below(2, 1) * self._transform.mirror
        images = np.zeros((len(numbers), self.channels, size, size), np.float32)
        for window, flip, image in zip(chosen.tolist(), flips.tolist(), images, strict=True):
            self._draw(window, bool(flip), image)
        return images, self._windows[chosen, 0]

    def _draw(self, window: int, flip: bool, out: Floats) -> None:
        path = self._paths[self._image_of[window]]
        image = decode(self._bytes(path), self.channels == 3, str(path))
        p, size = self._param, self._transform.crop_size
        box = Box(*self._windows[window, 2:].astype(int).tolist())
        try:
            cut, top, left = cut_window(image, box, size, p.context_pad, p.crop_mode == "square", flip)
        except ValueError as error:
            raise DataError(f"{p.source}: a window of {path}, {tuple(box)}, is {error}") from None
        place = np.s_[:, top : top + cut.shape[1], left : left + cut.shape[2]]
        mean = self._mean[place] if self._mean.shape[1] > 1 else self._mean
        out[place] = (cut - mean) * np.float32(self._scale)

    @property
    def _scale(self) -> float:
        # Caffe reads the one inside window_data_param, and its upgrade of old nets moves it away from there
        old = self._param.HasField("scale")
        return self._param.scale if old else self._transform.scale

    def _bytes(self, path: Path) -> bytes:
        if path in self._held:
            return self._held[path]
        data = read_bytes(path)
        if self._param.cache_images:
            self._held[path] = data
        return data


def _opening(p: WindowDataParameter) -> AbstractContextManager[None]:
    return opening("window_data_param.source", p.source, "a window file")


def _mean(param: LayerParameter, channels: int) -> Floats:
    """What is subtracted: channels x crop_size x crop_size out of the middle of a mean image, or x 1 x 1."""
    transform = param.transform_param
    if not transform.HasField("mean_file"):
        values = np.array(transform.mean_value or [0], np.float32)
        if len(values) not in (1, channels):
            field = "transform_param.mean_value"
            raise LayerFault(f"{len(values)} mean values for {channels} channels", field=field)
        return np.broadcast_to(values[:, None, None], (channels, 1, 1))
    field = "transform_param.mean_file"
    with opening(field, transform.mean_file, "a mean image"):
        mean = read_mean(transform.mean_file)
    size = transform.crop_size
    offset = (mean.shape[2] - size) // 2
    middle = mean if mean.shape[1:] == (1, 1) else mean[:, offset : offset + size, offset : offset + size]
    if (offset < 0 and mean.shape[2] > 1) or middle.shape not in ((channels, size, size), (channels, 1, 1)):
        found = " x ".join(map(str, mean.shape))
        message = f"a mean of {found} for windows of {channels} x {size} x {size} (channels x height x width)"
        raise LayerFault(message, field=field)
    return middle
