"""AudioData: recordings in a folder for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from layerzoo.data.audio import MAX_RATE, MAX_SAMPLES, MIN_RATE, SUFFIXES
from layerzoo.data.audio_files import AudioFiles, AudioSettings
from layerzoo.data.class_folders import LabelledFile, find_parts, read_class_folders
from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.image_source import AHEAD
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource, check_axis
from layerzoo.data.samples import Samples
from layerzoo.data.selection import part_to_read
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import TRAIN, AudioDataParameter, LayerParameter

_FIELD = "audio_data_param."
_MOST_MELS = 1024


@register
class AudioData(DataLayer):
    """Recordings in a folder for each class, as samples or as spectra; labels count the classes from 0.

    Channels are averaged, other rates resampled. Of longer recordings TRAIN reads a part at a random place,
    TEST the middle; in TRAIN each epoch has its own random order. Folders train, val and test are read as by
    FolderData. Needs the extra ``audio``.

    Shapes: tops (batch_size, 1, mels, 1 + samples / hop) of LOG_MEL, or (batch_size, 1, samples) of WAVEFORM,
    and the labels (batch_size). Source: ours.
    """

    family = "data"
    example = 'source: "commands" batch_size: 32 seconds: 1 mels: 40'
    tops: ClassVar[Arity] = between(1, 2)
    messages = ("audio_data_param",)
    new_data = "recordings (.wav, .flac, .ogg), or a folder of them"
    path_fields = (f"{_FIELD}source",)

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.audio_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, AHEAD, param.phase == TRAIN)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "the part of a recording is random" if param.phase == TRAIN else None

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names of the folders."""
        return _read(param)[0]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size, settings = cls.reading(param).batch_size, _settings(param)
        _read(param)
        shapes: list[Shape] = [(size, *settings.shape), (size,)]
        return shapes[: len(param.top) or 2]

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter:
        """The layer without its source, of which it takes the names of classes only."""
        layer = LayerParameter()
        layer.CopyFrom(param)
        layer.audio_data_param.ClearField("source")
        layer.audio_data_param.ClearField("class_name")
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        path = source.path
        return path is not None and (path.is_dir() or path.suffix.lower() in SUFFIXES)

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        try:
            settings = _settings(param)
        except LayerFault as fault:
            raise DataError(fault.message) from None
        for axis, size in enumerate(settings.shape, 1):
            check_axis("values of a recording", size, inputs, axis)
        root = source.file("a recording, or a folder of them")
        paths = [root]
        if root.is_dir():
            paths = sorted(file for file in root.rglob("*") if file.suffix.lower() in SUFFIXES)
            if not paths:
                raise DataError(f"{source.name}: no recordings ({', '.join(sorted(SUFFIXES))}) in the folder")
        files = [LabelledFile(path, str(path), 0) for path in paths]
        places = [list(param.top).index(name) for name in inputs]
        return NewSamples([str(path) for path in paths], AudioFiles(files, settings), places)

    def samples(self) -> Samples:
        divided = bool(find_parts(self.param.audio_data_param.source))
        part = self.param.reading_param.split if divided else None
        return AudioFiles(_read(self.param)[1], _settings(self.param), part)


def _settings(param: LayerParameter) -> AudioSettings:
    p = param.audio_data_param
    if not MIN_RATE <= p.sample_rate <= MAX_RATE:
        message = f"sample_rate is {p.sample_rate}; it has to be {MIN_RATE} to {MAX_RATE:,}"
        raise LayerFault(message, field=f"{_FIELD}sample_rate")
    count = round(p.seconds * p.sample_rate) if 0 < p.seconds < MAX_SAMPLES else 0
    if not 1 <= count <= MAX_SAMPLES:
        message = f"{p.seconds:g} seconds at {p.sample_rate} Hz; expected 1 to {MAX_SAMPLES:,} samples"
        raise LayerFault(message, field=f"{_FIELD}seconds")
    mels = p.mels if p.features == AudioDataParameter.LOG_MEL else 0
    if p.features == AudioDataParameter.LOG_MEL:
        for name, value, most in (
            ("mels", p.mels, _MOST_MELS),
            ("window", p.window, count),
            ("hop", p.hop, count),
        ):
            if not 1 <= value <= most:
                message = f"{name} is {value}; it has to be 1 to {most:,}"
                raise LayerFault(message, field=f"{_FIELD}{name}")
    return AudioSettings(count, p.sample_rate, mels, p.window, p.hop, param.phase == TRAIN)


def _read(param: LayerParameter) -> tuple[list[str], list[LabelledFile]]:
    p = param.audio_data_param
    with opening(f"{_FIELD}source", p.source, "a folder with a folder of recordings for each class"):
        part = part_to_read(param, "val" in find_parts(p.source))
        return read_class_folders(p.source, p.class_name, part, SUFFIXES)
