"""Frames of videos, from folders of images or from video files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from layerzoo import image_file
from layerzoo.data.image import read_image, resize
from layerzoo.data.listed_files import locate, read_lines
from layerzoo.data.samples import Image
from layerzoo.errors import DataError
from layerzoo.reader import sandbox

_FRAMES = ("{:06d}.jpg", "image_{:04d}.jpg")
"""Names of the frames of a clip in its folder: those of C3D, and those of its successors."""
MAX_FRAMES = 1 << 20
"""The most frames that a line of a list may name."""


class Video(NamedTuple):
    """A line of a list of videos.

    Attributes:
        path: a folder of frames, or a video file.
        number: the number of frames of a video, or the first frame of a clip.
        label: its label.
        step: the step from frame to frame.
        line: number of the line, from 1.
        name: the path as it is written.
    """

    path: Path
    number: int
    label: int
    step: int
    line: int
    name: str = ""


def read_videos(source: str, root: str) -> Iterator[Video]:
    """Read a list of videos: a path, a number, a label, and optionally the step from frame to frame.

    Raises:
        OSError: the list can't be read.
        DataError: a line is of another form.
    """
    for line, text in enumerate(read_lines(source), 1):
        words = text.split()
        if not words:
            continue
        try:
            number, label, *more = map(int, words[1:])
            step = more[0] if more else 1
        except ValueError:
            raise DataError(
                f"{source}:{line}: '{text.strip():.200}'; expected a path and 2 numbers"
            ) from None
        if len(more) > 1 or not (0 <= number <= MAX_FRAMES and 0 < step <= MAX_FRAMES):
            raise DataError(f"{source}:{line}: '{text.strip():.200}'; numbers out of range")
        yield Video(locate(words[0], root, Path(source)), number, label, step, line, words[0])


def read_frames(paths: Sequence[Path], color: bool, size: tuple[int, int] | None, where: str) -> Image:
    """Read images of one size as one, with all their channels.

    Args:
        paths: the files.
        color: whether to decode them to 3 channels; otherwise 1.
        size: height and width to resize them to; None keeps theirs.
        where: the place that names them, for errors.

    Raises:
        DataError: one is missing, no image, or of another size than the first.
    """
    return _stacked([read_image(path, color, f"{path} ({where})") for path in paths], size, where)


def read_clip(
    path: Path, first: int, count: int, step: int, color: bool, size: tuple[int, int] | None, where: str
) -> Image:
    """Read frames of a folder of images, or of a video file by OpenCV, as one image with all their channels.

    Args:
        path: the folder or file.
        first: number of the first frame: as in the names of images, and counted from 0 in a video file.
        count: number of frames.
        step: the step from frame to frame.
        color, size, where: see `read_frames`.

    Raises:
        DataError: a frame is missing or damaged.
    """
    numbers = range(first, first + count * step, step)
    if path.is_dir():
        named = next((name for name in _FRAMES if (path / name.format(first)).exists()), _FRAMES[0])
        return read_frames([path / named.format(number) for number in numbers], color, size, where)
    return _stacked([grey_or_colour(frame, color) for frame in video_frames(path, numbers)], size, where)


def grey_or_colour(frame: Image, color: bool) -> Image:
    """A frame as OpenCV decodes it, as channels x height x width."""
    if color:
        return frame.transpose(2, 0, 1)
    cv2 = image_file.opencv()
    grey: Image = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)[None]
    return grey


def video_frames(path: Path, numbers: Sequence[int]) -> Iterator[Image]:
    """The frames of a video file with rising numbers, height x width x 3, decoded by OpenCV.

    Raises:
        DataError: OpenCV isn't installed, or the video can't be decoded or has less frames.
    """
    capture = _opened(path)
    try:
        place = numbers[0] if len(numbers) else 0
        capture.set(image_file.opencv().CAP_PROP_POS_FRAMES, place)
        for number in numbers:
            while place <= number:
                good, frame = capture.read()
                if not good:
                    raise DataError(f"{path}: no frame {number}; the video ends, or is damaged, at {place}")
                place += 1
            yield np.asarray(frame)
    finally:
        capture.release()


def count_frames(path: Path) -> int:
    """The number of frames that a video file says it has.

    Raises:
        DataError: OpenCV isn't installed, or the video can't be opened.
    """
    capture = _opened(path)
    try:
        return int(capture.get(image_file.opencv().CAP_PROP_FRAME_COUNT))
    finally:
        capture.release()


def _opened(path: Path):  # type: ignore[no-untyped-def]  # a cv2.VideoCapture
    cv2 = image_file.opencv()
    if cv2 is None:
        raise DataError(f"{path}: video files are decoded by OpenCV: pip install 'layerzoo[opencv]'")
    if sandbox.is_on():
        raise DataError(f"{path}: the sandbox decodes no video files; extract the frames into a folder")
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise DataError(f"{path}: not a video that OpenCV can decode")
    return capture


def _stacked(frames: Sequence[Image], size: tuple[int, int] | None, where: str) -> Image:
    if size is not None:
        frames = [resize(frame, *size) for frame in frames]
    other = next((frame for frame in frames if frame.shape != frames[0].shape), None)
    if other is not None:
        raise DataError(f"{where}: frames of {other.shape[1:]} and of {frames[0].shape[1:]} pixels")
    return np.concatenate(frames)
