"""Recordings in files as samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from layerzoo.data.audio import log_mel, part_of, read_audio
from layerzoo.data.class_folders import LabelledFile
from layerzoo.data.draws import Draws, Ints
from layerzoo.data.samples import Array, Samples


class AudioSettings(NamedTuple):
    """What a sample of a recording is.

    Attributes:
        length: samples.
        rate: samples a second.
        mels: bands of the mel scale; 0 for the samples themselves.
        window, hop: samples of a window of the spectrum, and from one to the next.
        random: whether the part of a longer recording is at a random place; else it is the middle.
    """

    length: int
    rate: int
    mels: int
    window: int
    hop: int
    random: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a sample."""
        return (1, self.mels, 1 + self.length // self.hop) if self.mels else (1, self.length)


class AudioFiles(Samples):
    """Recordings with a class each.

    Args:
        files: the recordings.
        settings: what a sample is.
        part: the part of a divided source that they are, a value of ``ReadingParameter.Split``; else None.
    """

    labels_are_known = True

    def __init__(
        self, files: Sequence[LabelledFile], settings: AudioSettings, part: int | None = None
    ) -> None:
        self._files, self._settings, self._part = files, settings, part

    def __len__(self) -> int:
        return len(self._files)

    def key_of(self, index: int) -> str:
        """The path of a recording relative to the source."""
        return self._files[index].key

    def part_of(self, index: int) -> int | None:
        """The part that all recordings are, if the source is divided."""
        return self._part

    def name(self, index: int) -> str:
        """The path of a recording."""
        return str(self._files[index].path)

    def labels(self) -> Ints:
        """The class of each recording."""
        return np.array([file.label for file in self._files], np.int64)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read samples or spectra, and labels."""
        s, files = self._settings, [self._files[index] for index in indices.tolist()]
        places = Draws(key, numbers, 1).uniform(0) if s.random else np.full(len(files), 0.5)
        parts = []
        for file, place in zip(files, places.tolist(), strict=True):
            samples, rate = read_audio(file.path)
            parts.append(part_of(samples, s.length, place, rate, s.rate))
        blob = np.stack(parts)
        if s.mels:
            blob = log_mel(blob, s.rate, s.mels, s.window, s.hop)
        return blob[:, None], np.array([file.label for file in files], np.float32)
