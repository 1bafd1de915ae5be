"""``layerzoo evaluate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from layerzoo.cli.main import main


def test_shipped_entry_gives_tables_and_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["evaluate", "-zoo", "mlp-digits", "-top", "1,3", "-out", str(tmp_path / "out"), "-gpu", "none"])
        == 0
    )
    out = capsys.readouterr().out
    assert "360 samples, 10 classes" in out
    assert "accuracy  98.0556%" in out
    assert "top-3     " in out
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["samples"] == 360
    assert report["accuracy"] == pytest.approx(0.98056, abs=1e-4)
    assert len(report["worst"]) == 7
    assert sum(map(sum, report["confusion"])) == 360
    for name in ("confusion.png", "worst.png"):
        with Image.open(tmp_path / "out" / name) as picture:
            assert picture.width > 100


def test_config_with_weights_gives_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "names").write_text("".join(f"digit {i}\n" for i in range(10)))
    arguments = [
        "-model",
        "configs/mlp_train_test.yaml",
        "-weights",
        "zoo:mlp-digits",
        "-json",
        "-worst",
        "1",
    ]
    assert main(["evaluate", *arguments, "-labels", str(tmp_path / "names")]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["accuracy"] == pytest.approx(0.98056, abs=1e-4)
    assert report["classes"][3]["class"] == "digit 3"
    assert len(report["worst"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "-zoo, -run or -model is required"),
        (["-zoo", "mlp-digits", "-model", "x"], "-zoo and -model exclude each other"),
        (["-zoo", "mlp-digits", "-top", "0"], "expected numbers from 1"),
        (["-zoo", "autoencoder-digits"], "no layer that compares scores with labels"),
    ],
)
def test_usage_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *arguments]) == 2
    assert message in capsys.readouterr().err
