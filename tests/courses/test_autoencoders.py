"""The autoencoders beat what linear algebra can do, computed by numpy."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.datasets.digits import Digits
from tests.courses.lessons import read_scores

SCORES = read_scores()
TRAIN, TEST = (Digits().load(split)[0].reshape(-1, 64).astype(np.float64) for split in ("train", "test"))
MEAN = TRAIN.mean(0)


def half_squares(difference: np.ndarray) -> float:
    return float((difference**2).sum(1).mean() / 2)


def test_autoencoder_beats_principal_components() -> None:
    axes = np.linalg.svd(TRAIN - MEAN, full_matrices=False)[2][:8]
    left = TEST - MEAN
    best = half_squares(left - left @ axes.T @ axes)
    assert best == pytest.approx(0.786, abs=0.001)  # as the lesson says
    assert max(SCORES["autoencoder"]["runs"]["plain"]["scores"]) < 0.6 * best


def test_denoising_beats_the_best_linear_filter() -> None:
    """The linear map from noisy to clean images whose expected squared error is lowest (Wiener's)."""
    noise, covariance = 0.3, np.cov(TRAIN.T)
    filter_ = covariance @ np.linalg.inv(covariance + noise**2 * np.eye(64))
    left = TEST - MEAN
    of_images = half_squares(left - left @ filter_.T)
    best = of_images + noise**2 * (filter_**2).sum() / 2
    assert best == pytest.approx(0.74, abs=0.01)  # as the lesson says
    runs = SCORES["denoising"]["runs"]
    assert max(runs["noise"]["scores"]) < 0.8 * best
    assert min(runs["none"]["scores"]) > best
