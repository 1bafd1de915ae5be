"""VideoData: frames of videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar

import numpy as np

from layerzoo.data.clip_samples import Clips, FramesOfFile, Segments, segment_paths
from layerzoo.data.clips import read_clip, read_frames, read_videos
from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.samples import Samples
from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.mean import Mean
from layerzoo.data.unread_fields import all_but_prefetch, moved_to_transform, not_for, single_labels_only
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Shape, between, register
from layerzoo.schema import LayerParameter, VideoDataParameter

_OF_SEGMENTS = ("num_segments", "modality", "name_pattern")
_OF_FILE = ("video_type", "device_id", "video_file", "skip_frames")
_REFUSED = ("use_temporal_jitter", "use_sampling_rate_jitter", "use_multiple_label")
_MAX_CHANNELS = 1 << 16


@register
class VideoData(DataLayer):
    """Frames of videos: of segments, of clips, or of one file; the fields present decide.

    With ``num_segments``, ``modality`` or ``name_pattern`` (temporal segment networks) each line of
    ``source`` is a folder, its number of frames and a label; of each segment ``new_length`` frames are taken,
    at a random place in TRAIN and in the middle in TEST.
    With ``video_type`` (SSD) the frames of ``video_file`` are the images. Otherwise (C3D) each line is a
    folder of frames or a video file, the first frame of a clip, a label, and optionally the step between
    frames. Video files are decoded by OpenCV, if it is installed.

    Shapes: tops (batch_size, channels new_length num_segments, height, width), clips (batch_size, channels,
    new_length, height, width), or frames of a file (batch_size, 3, height, width); and the labels
    (batch_size). Source: ``video_data_layer`` of yjxiong/caffe, of facebook/C3D and chuckcho/video-caffe, and
    of weiliu89/caffe; Wang et al. 2016, Tran et al. 2015.
    """

    family = "data"
    reads_images = True
    example = 'source: "videos.txt" batch_size: 8 new_length: 5 num_segments: 3 modality: FLOW shuffle: true'
    tops = between(1, 2)
    messages = ("video_data_param", "transform_param", "data_param")
    hints = ("video_data_param.use_image", "video_data_param.show_data")
    ignores: ClassVar[Mapping[str, str]] = {
        **moved_to_transform("video_data_param"),
        **{k: why for k, why in all_but_prefetch("video_data_param").items() if k != "data_param.batch_size"},
        **not_for("video_data_param.is_color selects colour or grey", "force_color", "force_gray"),
        **single_labels_only("clips are not mixed, and are transformed on the CPU"),
        "video_data_param.max_sampling_rate": "use_sampling_rate_jitter isn't supported",
        "video_data_param.num_of_labels": "use_multiple_label isn't supported",
    }
    list_field = "video_data_param.source"
    path_fields = (
        "video_data_param.source",
        "video_data_param.root_folder",
        "video_data_param.video_file",
        "transform_param.mean_file",
    )

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        of_file = any(param.video_data_param.HasField(name) for name in _OF_FILE)
        own, other = ("data_param", "video_data_param") if of_file else ("video_data_param", "data_param")
        return {**cls.ignores, f"{other}.batch_size": f"{own}.batch_size is the batch's"}

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p, prefetch = param.video_data_param, param.data_param.prefetch
        sizes = {"video_data_param": p.batch_size, "data_param": param.data_param.batch_size}
        own = "data_param" if _kind(p) == "file" else "video_data_param"
        return Reading(positive(sizes[own], f"{own}.batch_size"), prefetch, p.shuffle, p.rand_skip)

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline:
        channels, frames = _channels(param.video_data_param)
        steps = transform_steps(param.transform_param, param.phase, cls.ignores)
        for index, step in enumerate(steps):
            if isinstance(step, Mean) and len(step.mean) == channels > 1 and not step.is_image:
                steps[index] = Mean(np.tile(step.mean, (frames, 1, 1)), "mean_value")
        fix = "give new_height and new_width in video_data_param, or crop_size in transform_param"
        return Pipeline(*steps, to_one_size=fix)

    @classmethod
    def declared_batch(cls, param: LayerParameter) -> Shape | None:
        p, crop = param.video_data_param, param.transform_param.crop_size
        height, width = (crop, crop) if crop else (p.new_height, p.new_width)
        if not height or not width:
            return None
        try:
            return _shape(p, cls.reading(param).batch_size, height, width)
        except LayerFault:
            return None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, size = param.video_data_param, cls.reading(param).batch_size
        pipeline = cls.pipeline(param)
        channels, frames = _channels(p)
        if _size(p) is not None:
            shape = (channels * frames, p.new_height, p.new_width)
        else:
            with _opening(p):
                _, height, width = _first(p)
                shape = (channels * frames, height, width)
        _, height, width = pipeline.top_shape(shape)
        tops = 1 if _kind(p) == "file" else 2
        if len(param.top) > tops:
            raise LayerFault("frames of a file have no labels", hint="name one top")
        return [_shape(p, size, height, width), (size,)][: max(1, len(param.top))]

    def samples(self) -> Samples:
        p, pipeline = self.param.video_data_param, self.pipeline(self.param)
        with _opening(p):
            if _kind(p) == "file":
                return FramesOfFile(p, pipeline, _size(p))
            made = Segments if _kind(p) == "segments" else Clips
            return made(p, pipeline, _size(p), _channels(p), self.param.phase)


def _kind(p: VideoDataParameter) -> str:
    """Whether the frames are of ``segments``, ``clips``, or a ``file``.

    Raises:
        LayerFault: the fields are of two forks, or what they ask for isn't supported.
    """
    of_file = [name for name in _OF_FILE if p.HasField(name)]
    of_segments = [name for name in _OF_SEGMENTS if p.HasField(name)]
    if of_file and (of_segments or p.HasField("source")):
        other = (of_segments or ["source"])[0]
        message = f"{of_file[0]} is of SSD's VideoData, {other} of another"
        raise LayerFault(message, field=f"video_data_param.{of_file[0]}", hint="remove one of them")
    if of_file and p.video_type == VideoDataParameter.WEBCAM:
        message = "frames of a camera can't be read"
        raise LayerFault(message, field="video_data_param.video_type", hint="give VIDEO and video_file")
    refused = next((name for name in _REFUSED if getattr(p, name)), None)
    if refused is not None:
        raise LayerFault(f"{refused} is not supported", field=f"video_data_param.{refused}")
    return "file" if of_file else "segments" if of_segments else "clips"


def _channels(p: VideoDataParameter) -> tuple[int, int]:
    """Channels of a frame, and frames of a sample."""
    if _kind(p) == "file":
        return (3 if p.is_color else 1), 1
    for name in ("new_length", "num_segments", "sampling_rate"):
        positive(getattr(p, name), f"video_data_param.{name}")
    channels = 2 if p.modality == VideoDataParameter.FLOW else 3 if p.is_color else 1
    if channels * p.new_length * p.num_segments > _MAX_CHANNELS:
        message = f"{p.new_length} frames of {p.num_segments} segments"
        raise LayerFault(message, field="video_data_param.new_length")
    return channels, p.new_length * p.num_segments


def _shape(p: VideoDataParameter, size: int, height: int, width: int) -> Shape:
    """The shape of the first top for frames of a height and a width."""
    channels, frames = _channels(p)
    if _kind(p) == "clips":
        return (size, channels, frames, height, width)
    return (size, channels * frames, height, width)


def _size(p: VideoDataParameter) -> tuple[int, int] | None:
    """Height and width to which frames are resized.

    Raises:
        LayerFault: only one of them is given.
    """
    if bool(p.new_height) != bool(p.new_width):
        one, other = ("new_height", "new_width") if p.new_height else ("new_width", "new_height")
        raise LayerFault(f"{one} without {other}", field=f"video_data_param.{one}", hint="give both")
    return (p.new_height, p.new_width) if p.new_height else None


def _first(p: VideoDataParameter) -> Shape:
    """Channels, height and width of the first frame."""
    if _kind(p) == "file":
        return FramesOfFile(p, Pipeline(), None).frame(0).shape
    video = next(read_videos(p.source, p.root_folder), None)
    if video is None:
        raise DataError(f"{p.source}: the list names no videos")
    where = f"{p.source}:{video.line}"
    if _kind(p) == "segments":
        return read_frames(segment_paths(p, video.path, 1)[:1], p.is_color, None, where).shape
    return read_clip(video.path, video.number, 1, 1, p.is_color, None, where).shape


def _opening(p: VideoDataParameter) -> AbstractContextManager[None]:
    if _kind(p) == "file":
        return opening("video_data_param.video_file", p.video_file, "a video file")
    return opening("video_data_param.source", p.source, "a list of videos, each with two numbers")
