"""Read recordings, and compute their log-mel spectra."""

from __future__ import annotations

import io
from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from layerzoo.data.samples import Floats
from layerzoo.errors import DataError, MissingExtraError
from layerzoo.reader import sandbox
from layerzoo.regular_file import read_bytes

SUFFIXES: Final = frozenset({".wav", ".flac", ".ogg", ".aif", ".aiff"})
"""Suffixes of files that count as recordings."""
MAX_BYTES: Final = 1 << 30
"""The largest file."""
MAX_SAMPLES: Final = 1 << 28
"""The most samples of a recording that are read, all channels together: an hour and a half in stereo."""
MIN_RATE: Final = 100
MAX_RATE: Final = 1 << 20
"""The least and the most samples a second, of a recording and of what is made of it."""
_MARGIN: Final = 64
"""The least samples on each side of a part that are resampled with it; half of them rise from 0.

A spectrum goes on from the end at the start, so that a step between them would be heard in the part.
"""
_LEAST: Final = 1e-10
"""The least energy of a band, whose logarithm is taken."""


def read_audio(path: Path) -> tuple[Floats, int]:
    """Read a recording; its channels are averaged.

    Returns:
        samples from -1 to 1, and their number per second.

    Raises:
        MissingExtraError: the library soundfile is not installed.
        DataError: the file is missing, damaged or too long, or the sandbox is on.
    """
    if sandbox.is_on():
        raise DataError(
            f"{path}: recordings aren't read in the sandbox; convert them to .npy files for SequenceData"
        )
    try:
        import soundfile  # type: ignore[import-untyped]  # it has no types
    except (ImportError, OSError):  # OSError: without the library libsndfile
        raise MissingExtraError("reading recordings", "audio") from None
    try:
        data = read_bytes(path, MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path}: more than {MAX_BYTES:,} bytes")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            count, channels, rate = file.frames, file.channels, file.samplerate
            if not (0 < channels <= 64 and MIN_RATE <= rate <= MAX_RATE):
                expected = f"at most 64 channels, and {MIN_RATE} to {MAX_RATE:,} Hz"
                raise DataError(f"{path}: {channels} channels, {rate} Hz; expected {expected}")
            if not 0 < count * channels <= MAX_SAMPLES:
                raise DataError(f"{path}: declares {count:,} samples; expected 1 to {MAX_SAMPLES:,}")
            samples: Any = file.read(count, "float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError, ValueError, OverflowError, MemoryError) as error:
        raise DataError(f"{path}: not a recording that can be read: {error!s:.200}") from None
    if not len(samples) or not np.isfinite(samples).all():
        raise DataError(f"{path}: a recording without samples, or with some that aren't numbers")
    mono: Floats = samples.mean(1, dtype=np.float64).astype(np.float32)
    return mono, rate


def resampled(samples: Floats, rate: int, wanted: int) -> Floats:
    """Samples at another rate, by their spectrum: frequencies above half of the lower rate are left out."""
    if rate == wanted:
        return samples
    count = max(1, round(len(samples) * wanted / rate))
    spectrum = np.fft.rfft(samples.astype(np.float64))
    kept = np.zeros(count // 2 + 1, complex)
    both = min(len(kept), len(spectrum))
    kept[:both] = spectrum[:both]
    changed: Floats = (np.fft.irfft(kept, count) * (count / len(samples))).astype(np.float32)
    return changed


def part_of(samples: Floats, count: int, place: float, rate: int = 1, wanted: int = 1) -> Floats:
    """A part of a recording, at another rate if need be; one that is too short is followed by silence.

    Only what the part needs is resampled, with a margin, so that time and memory are those of the part.

    Args:
        samples: the recording.
        count: samples of the part.
        place: where it begins, from 0 for the first possible sample to 1 for the last one.
        rate: samples a second of the recording.
        wanted: samples a second of the part.
    """
    whole = len(samples) if rate == wanted else max(1, round(len(samples) * wanted / rate))
    if whole <= count:
        return np.pad(resampled(samples, rate, wanted), (0, count - whole))
    start = min(int(place * (whole - count + 1)), whole - count)
    if rate == wanted:
        return samples[start : start + count]
    # samples of both rates coincide once in a block
    block, new_block = rate // gcd(rate, wanted), wanted // gcd(rate, wanted)
    margin = -(-_MARGIN // block)
    first = max(0, start // new_block - margin)
    last = -(-(start + count) // new_block) + margin
    cut = samples[first * block : last * block].copy()
    rise = np.sin(np.linspace(0, np.pi / 2, _MARGIN // 2, dtype=np.float32)) ** 2
    if first > 0:
        cut[: len(rise)] *= rise
    if last * block < len(samples):
        cut[-len(rise) :] *= rise[::-1]
    cut = np.pad(cut, (0, -len(cut) % block))
    start -= first * new_block
    return resampled(cut, rate, wanted)[start : start + count]


def log_mel(samples: Floats, rate: int, mels: int, window: int, hop: int) -> Floats:
    """The natural logarithm of the energy in bands of the mel scale.

    Windows are Hann's, and centred on each ``hop``-th sample; beyond its ends the recording is 0.

    Args:
        samples: batch x samples.
        rate: samples a second.
        mels: number of bands, from 0 Hz to half of ``rate``.
        window: samples of a window.
        hop: samples from one window to the next.

    Returns:
        batch x mels x (1 + samples // hop).
    """
    # numpy, not torch: locks of torch's FFT, held by a thread at a fork, would stop a process that reads
    shape = 0.5 - 0.5 * np.cos(2 * np.pi / window * np.arange(window))
    padded = np.pad(samples, ((0, 0), (window // 2, window // 2)))
    frames = sliding_window_view(padded, window, axis=1)[:, ::hop]
    spectra = np.fft.rfft(frames * shape.astype(np.float32))
    power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
    energy = mel_bands(rate, mels, window) @ power.swapaxes(1, 2)
    levels: Floats = np.log(np.maximum(energy, np.float32(_LEAST)))
    return levels


@lru_cache(maxsize=8)
def mel_bands(rate: int, mels: int, window: int) -> Floats:
    """The weight of each frequency in each band: triangles of equal width on the mel scale (HTK's).

    Returns:
        mels x (1 + window // 2).
    """
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, mels + 2) / 2595) - 1)
    frequencies = np.linspace(0, rate / 2, window // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
    bands: Floats = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return bands
