"""``layerzoo extract_features``."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.cli.main import main
from layerzoo.data.datasets.digits import Digits


def test_blobs_of_the_whole_set_are_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "f.h5"
    assert (
        main(["extract_features", "-zoo", "autoencoder-digits", "-blobs", "code,data", "-out", str(out)]) == 0
    )
    assert f"360 samples of code, data -> {out}" in capsys.readouterr().out
    with h5py.File(out) as file:
        assert file["code"].shape == (360, 16)
        assert file["data"].shape == (360, 1, 28, 28)
        assert np.abs(file["code"]).max() > 1


def test_iterations_limit_the_batches(tmp_path: Path) -> None:
    arguments = ["-model", "configs/mlp_train_test.yaml", "-weights", "zoo:mlp-digits", "-iterations", "2"]
    assert main(["extract_features", *arguments, "-blobs", "label", "-out", str(tmp_path / "f.npz")]) == 0
    labels = np.load(tmp_path / "f.npz")["label"]
    np.testing.assert_array_equal(labels, Digits().load("test")[1][:200])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-out", "f.h5"], "-blobs is required"),
        (["-blobs", "code"], "-out is required"),
        (
            ["-blobs", "coed", "-out", "f.h5"],
            "no blob 'coed' in net 'DigitsAutoencoder'; did you mean 'code'?",
        ),
        (["-blobs", "code,loss", "-out", "f.h5"], "these blobs have different numbers of samples"),
        (["-blobs", "code", "-out", "f.xyz"], "unknown format"),
    ],
)
def test_usage_errors(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["extract_features", "-zoo", "autoencoder-digits", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
