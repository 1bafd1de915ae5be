"""The task of forms of waves."""

from __future__ import annotations

import numpy as np

from layerzoo.data.drawn.waves import FORMS, Waves
from tests.data.drawn.drawing import drawn


def test_forms_have_mean_zero_and_are_what_they_are_called() -> None:
    turn = (np.arange(10_000) + 0.5) / 10_000
    forms = dict(zip(Waves.classes, (form(turn) for form in FORMS), strict=True))
    assert len(FORMS) == len(Waves.classes) == 6
    for values in forms.values():
        assert abs(values.mean()) < 1e-3
    assert set(forms["square"]) == {-1, 1}
    assert set(np.round(np.diff(forms["sawtooth"]), 6)) == {0.0002}
    assert set(np.round(abs(np.diff(forms["triangle"])), 6)) <= {0.0004, 0}
    assert (forms["pulses"] > 0).mean() == 0.15
    np.testing.assert_allclose(forms["sine"][2500], 1, atol=1e-3)


def test_signals_without_noise_are_told_apart_by_their_values() -> None:
    signal, label = drawn("waves", "noise: 0 length: 200 width: 2", count=300)
    assert signal.shape == (300, 2, 200)
    assert (abs(np.bincount(label.astype(int)) - 50) < 25).all()
    for channels, number in zip(signal, label.astype(int), strict=True):
        for channel in channels:
            values = len(np.unique(np.round(channel, 4)))
            assert (values == 2) == (Waves.classes[number] in ("square", "pulses"))
            assert 0.9 < np.ptp(channel) < 3.1  # twice the amplitude
    assert not np.array_equal(signal[:, 0], signal[:, 1])


def test_waves_have_two_to_six_periods() -> None:
    signal, label = drawn("waves", "noise: 0 length: 2000 width: 1", count=200)
    jumps = (abs(np.diff(signal[:, 0], axis=1)) > 0.4).sum(1)
    for name, per_period in (("square", 2), ("sawtooth", 1), ("pulses", 2)):
        found = jumps[label == Waves.classes.index(name)] / per_period
        assert 1 <= found.min() < 3
        assert 5 < found.max() <= 7
    sines = signal[label == Waves.classes.index("sine"), 0]
    strongest = abs(np.fft.rfft(sines - sines.mean(1, keepdims=True))).argmax(1)
    assert 1 <= strongest.min() <= strongest.max() <= 7


def test_chirps_become_faster() -> None:
    signal, label = drawn("waves", "noise: 0 length: 2000 width: 1", count=200)
    chirps = signal[label == Waves.classes.index("chirp"), 0]
    middle = (chirps.max(1, keepdims=True) + chirps.min(1, keepdims=True)) / 2
    crossings = np.diff(chirps > middle, axis=1)
    assert crossings[:, 1000:].sum() > 1.2 * crossings[:, :1000].sum()


def test_noise_has_its_standard_deviation() -> None:
    plain, noisy = (drawn("waves", f"noise: {noise}", count=50)[0] for noise in (0, 0.5))
    assert abs((noisy - plain).std() - 0.5) < 0.01
