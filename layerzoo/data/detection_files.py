"""Write detections to files, in the formats of PASCAL VOC, COCO and ILSVRC.

The files are those that ``detection_output_layer`` of SSD's fork of Caffe writes, byte for byte.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from math import copysign, trunc
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
from torch import Tensor

from layerzoo.atomic import write_atomic
from layerzoo.data.label_map import read_label_map
from layerzoo.data.listed_files import read_lines
from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.boxes import original_boxes
from layerzoo.schema import DetectionOutputParameter, ResizeParameter

_BARE: Final = re.compile(r'"(null|true|false|-?[0-9]+(\.[0-9]+)?)"')
"""Strings of JSON that are written without quotes, as in the fork: numbers of images, for one."""


_SIZE: Final = re.compile("[0-9]{1,7}")


class Detection(NamedTuple):
    """A detection in an image; the box is left, top, width and height in pixels."""

    image: str
    label: int
    score: float
    box: Sequence[float]


class OutputSettings(NamedTuple):
    """Where and how to write.

    Attributes:
        folder: the folder; it is created if it is missing.
        prefix: start of the files' names.
        format: VOC, COCO or ILSVRC.
        label_map: file with the names of the classes.
        name_sizes: file with a line for each image: name, height, width.
        images: number of images after which the files are written; 0: the lines of ``name_sizes``.
        resize: how the images were resized; None: to the net's input.
        classes: the classes that are detected.
    """

    folder: Path
    prefix: str
    format: str
    label_map: str
    name_sizes: str
    images: int
    resize: ResizeParameter | None
    classes: tuple[int, ...]

    @classmethod
    def of(cls, param: DetectionOutputParameter) -> Self:
        """The settings in a layer's message.

        Raises:
            LayerFault: a field is invalid.
        """
        p = param.save_output_param
        field = "detection_output_param.save_output_param."
        if p.output_format not in WRITERS:
            raise LayerFault(
                f"output_format '{p.output_format}'",
                field=f"{field}output_format",
                hint="VOC, COCO and ILSVRC exist",
            )
        if p.HasField("num_test_image") and not p.num_test_image:
            raise LayerFault(
                "num_test_image is 0", field=f"{field}num_test_image", hint="leave it out for all"
            )
        resize = p.resize_param if p.HasField("resize_param") else None
        if resize is not None and not (resize.height and resize.width):
            raise LayerFault(
                f"height {resize.height} and width {resize.width} of resize_param",
                field=f"{field}resize_param",
                hint="give those of the net's input",
            )
        classes = tuple(label for label in range(param.num_classes) if label != param.background_label_id)
        return cls(
            Path(p.output_directory),
            p.output_name_prefix,
            p.output_format,
            p.label_map_file,
            p.name_size_file,
            p.num_test_image,
            resize,
            classes,
        )


class DetectionFiles:
    """Collects detections, and writes them whenever those of all test images are there.

    Args:
        layer: name of the layer, for messages.
        settings: where and how to write.
    """

    def __init__(self, layer: str, settings: OutputSettings) -> None:
        self.layer, self.settings = layer, settings
        self.names: dict[int, str] = {}
        self.images: list[tuple[str, int, int]] = []
        self.done = 0
        self.collected: list[Detection] = []

    def add(self, rows: Tensor, images: int) -> None:
        """Add the detections of a batch.

        Args:
            rows: image, label, score, xmin, ymin, xmax, ymax of each, shape (D, 7); a label of -1 is none.
            images: number of images of the batch.

        Raises:
            DataError: a file can't be read or written.
        """
        if not self.images:
            self._read()
        host = rows.detach().float().cpu()
        for image in range(images):
            name, height, width = self.images[self.done]
            mine = host[(host[:, 0] == image) & (host[:, 1] >= 0)]
            boxes = original_boxes(mine[:, 3:], height, width, self.settings.resize)
            for row, box in zip(mine.tolist(), boxes.numpy(), strict=True):
                self.collected.append(Detection(name, int(row[1]), row[2], _rounded(box)))
            self.done += 1
            if self.done == len(self.images):
                self._write()

    def _read(self) -> None:
        """Read the names of classes and images."""
        try:
            names = read_label_map(self.settings.label_map)
            images = list(_name_sizes(self.settings.name_sizes))
        except OSError as error:
            raise self._error(f"{error.filename}: {error.strerror}") from None
        except DataError as error:
            raise self._error(str(error)) from None
        missing = [label for label in self.settings.classes if label not in names]
        if missing:
            raise self._error(f"{self.settings.label_map}: class {missing[0]} has no name")
        number = self.settings.images or len(images)
        if not 0 < number <= len(images):
            raise self._error(f"{self.settings.name_sizes}: {len(images)} images; num_test_image is {number}")
        self.names, self.images = names, images[:number]

    def _write(self) -> None:
        settings = self.settings
        try:
            settings.folder.mkdir(parents=True, exist_ok=True)
            for name, text in WRITERS[settings.format](self.collected, self.names, settings):
                if os.sep in name or "\0" in name:
                    raise self._error(f"{settings.label_map}: '{name}' can't be the name of a file")
                write_atomic(settings.folder / name, text)
        except OSError as error:
            raise self._error(f"detections can't be written: {error}") from None
        self.done, self.collected = 0, []

    def _error(self, what: str) -> DataError:
        return DataError(f"layer '{self.layer}': {what}")


def _voc(
    detections: Sequence[Detection], names: dict[int, str], settings: OutputSettings
) -> Iterator[tuple[str, str]]:
    for label in settings.classes:
        lines = (f"{one.image} {_numbers(one)}\n" for one in detections if one.label == label)
        yield f"{settings.prefix}{names[label]}.txt", "".join(lines)


def _ilsvrc(
    detections: Sequence[Detection], names: dict[int, str], settings: OutputSettings
) -> Iterator[tuple[str, str]]:
    lines = (f"{one.image} {one.label} {_numbers(one)}\n" for one in detections)
    yield f"{settings.prefix}.txt", "".join(lines)


def _coco(
    detections: Sequence[Detection], names: dict[int, str], settings: OutputSettings
) -> Iterator[tuple[str, str]]:
    rows = [
        {
            "image_id": one.image,
            "category_id": names[one.label],
            "bbox": [_single(side) for side in one.box],
            "score": _single(one.score),
        }
        for one in detections
    ]
    # the fork writes an object of strings and takes the list out of it, which leaves its indentation
    text = json.dumps({"detections": rows}, indent=4, ensure_ascii=False).replace("/", "\\/")
    inner = text[text.index("[") : text.rindex("]")] if rows else "["
    yield f"{settings.prefix}.json", _BARE.sub(r"\1", inner) + "\n]\n"


Writer = Callable[[Sequence[Detection], dict[int, str], OutputSettings], Iterator[tuple[str, str]]]
WRITERS: Final[dict[str, Writer]] = {"VOC": _voc, "COCO": _coco, "ILSVRC": _ilsvrc}
"""Names and contents of the files, by format."""


def _numbers(one: Detection) -> str:
    """Score and corners, as in the text formats; fractions of pixels are cut off."""
    left, top, width, height = map(trunc, one.box)
    return f"{one.score:g} {left} {top} {left + width} {top + height}"


def _single(value: float) -> str:
    """A number with the digits that identify a float32."""
    return f"{value:.9g}"


def _rounded(box: np.ndarray) -> tuple[float, ...]:
    """Left, top, width and height, rounded to hundredths; halves away from 0."""
    xmin, ymin, xmax, ymax = box
    hundred = np.float32(100)
    scaled = [float(value * hundred) for value in (xmin, ymin, xmax - xmin, ymax - ymin)]
    return tuple(float(np.float32(trunc(value + copysign(0.5, value)) / 100)) for value in scaled)


def _name_sizes(path: str) -> Iterator[tuple[str, int, int]]:
    """Name, height and width of each image in a file.

    Raises:
        OSError: the file can't be read.
        DataError: a line is invalid.
    """
    for number, line in enumerate(read_lines(path), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not all(_SIZE.fullmatch(word) for word in words[1:]):
            raise DataError(f"{path}:{number}: expected name, height and width of an image")
        yield words[0], int(words[1]), int(words[2])
