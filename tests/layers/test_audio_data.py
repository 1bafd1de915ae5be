"""AudioData: recordings in a folder for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from layerzoo.errors import ConfigError
from layerzoo.layers.audio_data import AudioData
from layerzoo.loader import parse_net
from layerzoo.net import Net


def layer(source: Path, fields: str) -> str:
    return (
        f'layer {{ name: "d" type: "AudioData" top: "x" top: "y" audio_data_param {{ source: "{source}" '
        f"{fields} }} }}"
    )


def recorded(folder: Path) -> Path:
    for name, frequency in (("high/a.wav", 3000), ("low/b.flac", 300)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        wave = 0.5 * np.sin(2 * np.pi * frequency * np.arange(4000) / 8000)
        soundfile.write(folder / name, wave, 8000)
    return folder


def example(folder: Path) -> str:
    return layer(recorded(folder), "batch_size: 2 seconds: 0.25 sample_rate: 8000 mels: 8 window: 64 hop: 32")


def batch(text: str, phase: str = "TEST") -> tuple[np.ndarray, np.ndarray]:
    net = Net(parse_net(text).message, phase=phase, seed=1)
    net()
    for one in net.data_layers:
        one.close()
    return net.blobs["x"].numpy(), net.blobs["y"].numpy()


def test_spectra_tell_high_from_low(tmp_path: Path) -> None:
    fields = "batch_size: 2 seconds: 0.25 sample_rate: 8000 mels: 8 window: 64 hop: 32"
    x, y = batch(layer(recorded(tmp_path), fields))
    assert x.shape == (2, 1, 8, 63)
    assert y.tolist() == [0, 1]
    loudest = x[:, 0].mean(2).argmax(1)
    assert loudest[0] > 5
    assert loudest[1] < 3


def test_waveforms_are_resampled(tmp_path: Path) -> None:
    fields = "batch_size: 2 seconds: 0.25 sample_rate: 4000 features: WAVEFORM"
    x, _ = batch(layer(recorded(tmp_path), fields))
    assert x.shape == (2, 1, 1000)
    assert np.abs(x[0]).max() < 0.05, "3,000 Hz is above half of the rate"
    assert np.abs(x[1]).max() > 0.4


def test_class_names_are_those_of_the_folders(tmp_path: Path) -> None:
    net = parse_net(layer(recorded(tmp_path), "batch_size: 1")).message
    assert AudioData.class_names(net.layer[0]) == ["high", "low"]


def test_faults(tmp_path: Path) -> None:
    for rate in (0, 99, 1 << 21):
        with pytest.raises(ConfigError, match=f"sample_rate is {rate}; it has to be 100 to 1,048,576"):
            batch(layer(recorded(tmp_path), f"batch_size: 2 sample_rate: {rate}"))
    source = recorded(tmp_path)
    with pytest.raises(ConfigError, match="0 seconds at 16000 Hz; expected 1 to"):
        batch(layer(source, "batch_size: 1 seconds: 0"))
    with pytest.raises(ConfigError, match="hop is 0; it has to be 1 to 16,000"):
        batch(layer(source, "batch_size: 1 hop: 0"))
    with pytest.raises(ConfigError, match="can't be opened: No such file"):
        batch(layer(tmp_path / "none", "batch_size: 1"))
