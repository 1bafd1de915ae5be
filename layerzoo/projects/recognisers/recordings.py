"""A folder of recordings for each class."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from layerzoo.data.audio import MIN_RATE, SUFFIXES, read_audio
from layerzoo.data.class_folders import LabelledFile, find_parts, read_class_folders
from layerzoo.errors import DataError
from layerzoo.projects.asked import CLASSIFICATION, Asked
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.looking import choose_shares, count_parts
from layerzoo.projects.recogniser import Recogniser, recogniser

_LOOKED_AT: Final = 64
"""Recordings that are read, spread over all."""
_HIGHEST_RATE: Final = 16_000
"""Samples a second that are enough for speech and most sounds."""
_LONGEST: Final = 10.0
_SHORTEST: Final = 0.1
_MELS: Final = 40
_WINDOW: Final = 0.025
_HOP: Final = 0.01
"""Seconds of a window of the spectrum, and from one to the next: usual values for speech."""


@recogniser
class Recordings(Recogniser):
    """A folder of recordings for each class; or train, val and test, each with such folders."""

    expects = "a folder with a folder of recordings for each class, such as words/yes/1.wav, words/no/1.wav"
    rank = 40

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not path.is_dir():
            return None
        suffixes = Counter(file.suffix.lower() for file in path.rglob("*") if file.is_file())
        if 2 * sum(suffixes[suffix] for suffix in SUFFIXES) < suffixes.total() or not suffixes.total():
            return None
        parts = find_parts(path)
        by_part = {part: read_class_folders(path, (), part, SUFFIXES) for part in parts or [""]}
        names = next(iter(by_part.values()))[0]
        files = [file for _, inside in by_part.values() for file in inside]
        if len(names) < 2:
            raise DataError(f"-data {path}: one class only, '{names[0]}'; expected two or more")
        labels = Counter(file.label for file in files)
        rate, seconds, lengths = _look_at(files)
        shares = None if parts else choose_shares(len(files))
        counts = {part: len(inside) for part, (_, inside) in by_part.items()}
        window, hop = round(rate * _WINDOW), max(1, round(rate * _HOP))
        fields = {"sample_rate": rate, "seconds": seconds, "mels": _MELS, "window": window, "hop": hop}
        frames = 1 + round(seconds * rate) // hop
        details = [
            f"{lengths}; {seconds:g} seconds of each, as {_MELS} bands of the mel scale at {frames:,} times"
        ]
        if parts:
            folders = ", ".join(folder.name for folder in parts.values())
            details.append(f"divided into the folders {folders}")
        return DataDescription(
            what=f"a folder of recordings for each class: {len(files):,} of {len(names)} classes",
            task=CLASSIFICATION,
            layer="AudioData",
            fields={"source": str(path.absolute()), **fields},
            counts=counts if shares is None else count_parts([file.key for file in files], shares),
            classes={name: labels[number] for number, name in enumerate(names)},
            shapes={"data": (1, _MELS, frames)},
            shares=shares,
            details=details,
            new_sample="new.wav",
            models=["mel_conv"],
        )


def _look_at(files: list[LabelledFile]) -> tuple[int, float, str]:
    """The rate and the seconds that samples get, and what the recordings have."""
    rates: Counter[int] = Counter()
    seconds: list[float] = []
    for file in files[:: max(1, len(files) // _LOOKED_AT)]:
        samples, rate = read_audio(file.path)
        rates[rate] += 1
        seconds.append(len(samples) / rate)
    seconds.sort()
    most = rates.most_common(1)[0][0]
    rate = max(MIN_RATE, min(most, _HIGHEST_RATE))
    length = min(_LONGEST, max(_SHORTEST, seconds[int(0.9 * (len(seconds) - 1))]))
    others = f" and {len(rates) - 1} other rates" if len(rates) > 1 else ""
    shown = f"{seconds[0]:.3g} to {seconds[-1]:.3g} seconds at {most:,} Hz{others}"
    return rate, float(f"{length:.3g}"), shown
