"""Recordings of a low or a high tone, at any place in noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]  # it has no types

TONES = {"high": 2200, "low": 500}
"""The classes, and the frequencies of their tones in Hz."""


def write_tone(
    path: Path, name: str, rng: np.random.Generator, rate: int = 8000, seconds: float = 0.5
) -> None:
    """Write a tone of a class."""
    times = np.arange(round(rate * seconds)) / rate
    start = rng.uniform(0, seconds / 2)
    heard = (times >= start) & (times < start + seconds / 4)
    tone = np.sin(2 * np.pi * TONES[name] * rng.uniform(0.9, 1.1) * times) * heard
    noise = 0.02 * (rate / 8000) ** 0.5 * rng.normal(size=len(times))  # as much per Hz at any rate
    soundfile.write(path, (0.3 * tone + noise).astype(np.float32), rate)


def write_tones(folder: Path, count: int) -> Path:
    """Write a folder of recordings for each class."""
    rng = np.random.default_rng(7)
    for name in TONES:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            write_tone(folder / name / f"{number}.wav", name, rng)
    return folder


def new_tone(folder: Path) -> list[tuple[str, str]]:
    """Write a low tone at another rate."""
    write_tone(folder / "new.wav", "low", np.random.default_rng(1), rate=22_050, seconds=0.8)
    return [(str(folder / "new.wav"), "low")]
