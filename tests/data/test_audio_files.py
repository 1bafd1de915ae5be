"""Recordings in files as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]

from layerzoo.data.audio_files import AudioFiles, AudioSettings
from layerzoo.data.class_folders import LabelledFile


def samples(folder: Path, settings: AudioSettings) -> AudioFiles:
    soundfile.write(folder / "a.wav", np.arange(100) / 1000, 1000)
    soundfile.write(folder / "b.wav", np.full(10, 0.25), 1000)
    files = [LabelledFile(folder / f"{name}.wav", f"x/{name}.wav", label) for label, name in enumerate("ab")]
    return AudioFiles(files, settings)


def test_samples_of_the_middle_and_silence(tmp_path: Path) -> None:
    one = samples(tmp_path, AudioSettings(20, 1000, 0, 0, 0, False))
    waves, labels = one.read(np.arange(2), np.arange(2), 0)
    assert waves.shape == (2, 1, 20)
    np.testing.assert_allclose(waves[0, 0], np.arange(40, 60) / 1000, atol=1e-3)
    assert waves[1, 0, 9:11].tolist() == [0.25, 0]
    assert labels.tolist() == [0, 1]
    assert (len(one), one.key_of(1), one.labels().tolist(), one.part_of(0)) == (2, "x/b.wav", [0, 1], None)
    assert one.name(0) == str(tmp_path / "a.wav")


def test_the_part_is_a_function_of_the_samples_number(tmp_path: Path) -> None:
    one = samples(tmp_path, AudioSettings(20, 1000, 0, 0, 0, True))
    first = [float(one.read(np.zeros(1, int), np.array([n]), 5)[0][0, 0, 0]) for n in range(30)]
    again, _ = one.read(np.zeros(30, int), np.arange(30), 5)
    assert again[:, 0, 0].tolist() == first
    assert len(set(first)) > 15
    assert max(first) > 0.07


def test_spectra_have_the_declared_shape(tmp_path: Path) -> None:
    settings = AudioSettings(64, 1000, 8, 32, 16, False)
    spectra, _ = samples(tmp_path, settings).read(np.arange(2), np.arange(2), 0)
    assert spectra.shape == (2, *settings.shape) == (2, 1, 8, 5)
