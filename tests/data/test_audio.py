"""Recordings and their spectra."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from layerzoo.data import audio
from layerzoo.data.audio import log_mel, mel_bands, part_of, read_audio, resampled
from layerzoo.errors import DataError, MissingExtraError
from layerzoo.reader import sandbox


def tone(frequency: float, rate: int, count: int) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(count) / rate)).astype(np.float32)


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_channels_are_averaged(tmp_path: Path, kind: str) -> None:
    both = np.stack([tone(440, 8000, 800), np.zeros(800, np.float32)], 1)
    soundfile.write(tmp_path / f"a.{kind}", both, 8000)
    samples, rate = read_audio(tmp_path / f"a.{kind}")
    assert rate == 8000
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, tone(440, 8000, 800) / 2, atol=1e-4)


def test_resampling_keeps_a_tone() -> None:
    changed = resampled(tone(440, 8000, 8000), 8000, 16000)
    assert len(changed) == 16000
    np.testing.assert_allclose(changed, tone(440, 16000, 16000), atol=1e-4)
    lower = resampled(tone(440, 16000, 16000), 16000, 8000)
    np.testing.assert_allclose(lower, tone(440, 8000, 8000), atol=1e-4)
    assert np.abs(resampled(tone(6000, 16000, 16000), 16000, 8000)).max() < 1e-4, "above half of the rate"


def test_part_of_a_recording() -> None:
    samples = np.arange(10, dtype=np.float32)
    assert part_of(samples, 4, 0.0).tolist() == [0, 1, 2, 3]
    assert part_of(samples, 4, 0.5).tolist() == [3, 4, 5, 6]
    assert part_of(samples, 4, 1.0).tolist() == [6, 7, 8, 9]
    assert part_of(samples, 12, 0.3).tolist() == [*range(10), 0, 0]


@pytest.mark.parametrize(("rate", "wanted"), [(8000, 16000), (44100, 16000), (16000, 11025), (100, 16000)])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.5, 1.0])
def test_a_part_is_that_of_the_resampled_recording(rate: int, wanted: int, place: float) -> None:
    times = np.arange(rate * 20) / rate
    samples = np.sin(2 * np.pi * (0.13 * rate) * times) * np.sin(np.pi * times / 20) ** 2
    samples = samples.astype(np.float32)
    count = wanted // 2
    part = part_of(samples, count, place, rate, wanted)
    expected = part_of(resampled(samples, rate, wanted), count, place)
    assert part.shape == (count,)
    np.testing.assert_allclose(part, expected, atol=0.003)


def test_only_a_part_is_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def counted(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
        counts.append(len(samples))
        return resampled(samples, rate, wanted)

    monkeypatch.setattr(audio, "resampled", counted)
    assert part_of(np.zeros(500_000, np.float32), 16000, 0.5, 100, 16000).shape == (16000,)
    assert max(counts) < 300


def test_rates_out_of_range_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(500_000, np.float32), 1)
    with pytest.raises(DataError, match=r"a.wav: 1 channels, 1 Hz; expected at most 64 channels, and 100 to"):
        read_audio(tmp_path / "a.wav")


def test_log_mel_agrees_with_one_window_at_a_time() -> None:
    rate, window, hop, mels = 8000, 200, 80, 20
    samples = tone(1000, rate, 800) + tone(250, rate, 800)
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    padded = np.pad(samples.astype(np.float64), window // 2)
    starts = range(0, len(samples) + 1, hop)
    power = np.array([np.abs(np.fft.rfft(padded[s : s + window] * shape)) ** 2 for s in starts])

    def mel(hertz: float) -> float:
        return 2595 * np.log10(1 + hertz / 700)

    edges = [700 * (10 ** (m / 2595) - 1) for m in np.linspace(0, mel(rate / 2), mels + 2)]
    bands = np.zeros((mels, window // 2 + 1))
    for band in range(mels):
        low, middle, high = edges[band : band + 3]
        for place in range(window // 2 + 1):
            hertz = place * rate / window
            if low < hertz <= middle:
                bands[band, place] = (hertz - low) / (middle - low)
            elif middle < hertz < high:
                bands[band, place] = (high - hertz) / (high - middle)
    np.testing.assert_allclose(mel_bands(rate, mels, window), bands, atol=1e-6)
    expected = np.log(np.maximum(bands @ power.T, 1e-10))
    (found,) = log_mel(samples[None], rate, mels, window, hop)
    assert found.shape == (20, 11)
    # in single precision, so that a band's error is small beside the energy of the loudest one
    np.testing.assert_allclose(np.exp(found), np.exp(expected), rtol=1e-4, atol=1e-6 * np.exp(expected.max()))


def test_damaged_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFFnothing")
    with pytest.raises(DataError, match=r"a.wav: not a recording that can be read"):
        read_audio(tmp_path / "a.wav")
    with pytest.raises(DataError, match=r"b.wav: No such file"):
        read_audio(tmp_path / "b.wav")
    soundfile.write(tmp_path / "c.wav", tone(440, 8000, 800), 8000)
    monkeypatch.setattr(audio, "MAX_SAMPLES", 100)
    with pytest.raises(DataError, match="declares 800 samples; expected 1 to 100"):
        read_audio(tmp_path / "c.wav")
    soundfile.write(tmp_path / "d.wav", np.zeros(0, np.float32), 8000)
    with pytest.raises(DataError, match="declares 0 samples"):
        read_audio(tmp_path / "d.wav")


def test_the_sandbox_and_a_missing_library_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[audio\]"):
        read_audio(tmp_path / "a.wav")
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    with pytest.raises(DataError, match="recordings aren't read in the sandbox"):
        read_audio(tmp_path / "a.wav")
