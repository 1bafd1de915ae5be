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
        (["-zoo", "mlp-digits", "-each"], "-each is written to the folder -out"),
        (["-zoo", "mlp-digits", "-top", "0"], "expected numbers from 1"),
        (["-zoo", "autoencoder-digits"], "no layer that compares scores with labels"),
    ],
)
def test_usage_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_samples_say_what_is_behind_the_report(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["evaluate", "-zoo", "mlp-digits", "-out", str(out), "-each", "-gpu", "none"]) == 0
    report = json.loads((out / "report.json").read_text())
    samples = json.loads((out / "samples.json").read_text())
    assert samples["names"] == list("0123456789")
    pairs = list(zip(samples["labels"], samples["guesses"], strict=True))
    for label in range(10):
        for guess in range(10):
            assert pairs.count((label, guess)) == report["confusion"][label][guess]
    assert samples["sheet"] == {"width": 8, "height": 8, "columns": 32, "per_sheet": 1024, "count": 360}
    assert samples["sheets"] == ["samples-0.png"]
    with Image.open(out / "samples-0.png") as sheet:
        assert sheet.size == (32 * 8, 12 * 8)


def test_samples_of_a_net_with_several_answers_each_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "-zoo", "unet-shapes", "-out", str(tmp_path), "-each"]) == 2
    assert "several answers for each sample" in capsys.readouterr().err
