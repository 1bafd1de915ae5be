"""Videos as samples: frames of segments, clips, and the frames of one file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from layerzoo.data.clips import (
    Video,
    count_frames,
    grey_or_colour,
    read_clip,
    read_frames,
    read_videos,
    video_frames,
)
from layerzoo.data.draws import Draws, Ints
from layerzoo.data.image import resize
from layerzoo.data.samples import Array, Image, Samples
from layerzoo.data.transform import Pipeline
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import TRAIN, VideoDataParameter
from layerzoo.seeds import stable_seed

_PLACE = re.compile(r"%(?:0?[1-9]?d|c|.|$)")
"""A place in a pattern of names: of a number, of a letter, or of what no pattern may have."""
_PATTERNS = {VideoDataParameter.RGB: "image_%04d.jpg", VideoDataParameter.FLOW: "flow_%c_%04d.jpg"}


class _Listed(Samples):
    """The videos of a list.

    Args:
        p: the layer's own message.
        pipeline: the transforms.
        size: height and width of frames; None keeps theirs.
        channels: channels of a frame, and frames of a sample.
        phase: TRAIN or TEST.
    """

    def __init__(
        self,
        p: VideoDataParameter,
        pipeline: Pipeline,
        size: tuple[int, int] | None,
        channels: tuple[int, int],
        phase: int,
    ) -> None:
        self.p, self.size, self.channels, self.phase = p, size, channels, phase
        self._pipeline = pipeline
        self.videos = list(read_videos(p.source, p.root_folder))
        if not self.videos:
            raise DataError(f"{p.source}: the list names no videos")

    def __len__(self) -> int:
        return len(self.videos)

    def key_of(self, index: int) -> str:
        """The path of a video as it is written: all of its clips belong to the same part."""
        return self.videos[index].name

    def name(self, index: int) -> str:
        """The path of a video, and its line."""
        video = self.videos[index]
        return f"{video.path} ({self.where(video)})"

    def where(self, video: Video) -> str:
        """The place of a video in its list."""
        return f"{self.p.source}:{video.line}"

    def labelled(
        self, indices: Ints, numbers: Ints, key: int, frames: Callable[[int, Video], Image]
    ) -> tuple[Array, Array]:
        """Transformed frames, and labels.

        Args:
            indices, numbers, key: see `Samples.read`.
            frames: reads the frames of a video, given its index in the batch.
        """
        videos = [self.videos[index] for index in indices.tolist()]
        images = [frames(index, video) for index, video in enumerate(videos)]
        blob = self._pipeline(images, numbers, key, lambda index: self.where(videos[index]))
        return blob, np.array([video.label for video in videos], np.float32)


class Segments(_Listed):
    """Frames of segments of videos."""

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: frames of each segment, and labels."""
        draws = Draws(stable_seed(key, "segments"), numbers, self.p.num_segments)

        def frames(index: int, video: Video) -> Image:
            paths = []
            spare = max(1, self.spare(video)) if self.phase == TRAIN else 1
            for segment, start in enumerate(self.offsets(video)):
                offset = start + int(draws.below(spare, segment)[index])
                for number in range(1, self.p.new_length + 1):
                    paths += segment_paths(self.p, video.path, offset + number)
            color = self.p.is_color and self.p.modality == VideoDataParameter.RGB
            return read_frames(paths, color, self.size, self.where(video))

        return self.labelled(indices, numbers, key, frames)

    def spare(self, video: Video) -> int:
        """The number of places of ``new_length`` frames in a segment; 0 or less if it is too short."""
        return video.number // self.p.num_segments - self.p.new_length + 1

    def offsets(self, video: Video) -> list[int]:
        """The frame before the first of each segment: of the first place in TRAIN, of the middle in TEST."""
        if self.spare(video) <= 0:
            return [1] * self.p.num_segments
        middle = 0 if self.phase == TRAIN else self.spare(video) // 2
        return [
            middle + segment * (video.number // self.p.num_segments) for segment in range(self.p.num_segments)
        ]


class Clips(_Listed):
    """Clips of frames that follow each other."""

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: clips, count x channels x frames x height x width, and labels."""
        p = self.p

        def frames(index: int, video: Video) -> Image:
            step = video.step * p.sampling_rate
            where = self.where(video)
            return read_clip(video.path, video.number, p.new_length, step, p.is_color, self.size, where)

        blob, labels = self.labelled(indices, numbers, key, frames)
        channels, count = self.channels
        clips = blob.reshape(len(blob), count, channels, *blob.shape[2:]).swapaxes(1, 2)
        return np.ascontiguousarray(clips), labels


class FramesOfFile(Samples):
    """The frames of a video file, as images."""

    def __init__(self, p: VideoDataParameter, pipeline: Pipeline, size: tuple[int, int] | None) -> None:
        self._path, self._color, self._every = Path(p.video_file), p.is_color, p.skip_frames + 1
        self._pipeline, self._size = pipeline, size
        self._count = count_frames(self._path) // self._every
        if self._count < 1:
            raise DataError(f"{self._path}: the video has no frames")

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        """The video, and the number of the frame that is read."""
        return f"{self._path}, frame {index}"

    def frame(self, index: int) -> Image:
        """A frame, channels x height x width."""
        number = (index + 1) * self._every - 1
        (frame,) = video_frames(self._path, [number])
        image = grey_or_colour(frame, self._color)
        return image if self._size is None else resize(image, *self._size)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: frames, and zeros for labels."""
        images = [self.frame(index) for index in indices.tolist()]
        labels = np.zeros(len(images), np.float32)
        return self._pipeline(images, numbers, key, lambda index: self.name(int(indices[index]))), labels


def segment_paths(p: VideoDataParameter, folder: Path, number: int) -> list[Path]:
    """The files of a frame: one, or of optical flow those of x and y.

    Raises:
        LayerFault: ``name_pattern`` has other places than one for a number, and of flow one for a letter.
    """
    pattern = p.name_pattern or _PATTERNS[p.modality]
    flow = p.modality == VideoDataParameter.FLOW
    if "".join(place[-1] for place in _PLACE.findall(pattern)) != ("cd" if flow else "d"):
        expected = "flow_%c_%04d.jpg" if flow else "image_%04d.jpg"
        message = f"name_pattern '{pattern:.200}'; expected one like '{expected}'"
        raise LayerFault(message, field="video_data_param.name_pattern")
    names = [pattern % (letter, number) for letter in "xy"] if flow else [pattern % number]
    return [folder / name for name in names]
