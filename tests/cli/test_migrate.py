"""``layerzoo migrate``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.cli.migrate import FORMATS
from layerzoo.migration import FORMATS as ALL
from layerzoo.migration import many
from layerzoo.net import Net
from tests.migration.test_migrate import TEXT


def test_formats_are_those_of_the_package() -> None:
    assert tuple(ALL) == FORMATS


def test_migrate_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = tmp_path / "net.prototxt"
    net.write_text(TEXT)
    Net(net).save_weights(tmp_path / "net.caffemodel")
    out = tmp_path / "out"
    arguments = ["migrate", str(net), str(tmp_path / "net.caffemodel"), "-out", str(out)]
    assert main([*arguments, "-formats", "caffemodel", "-mean_value", "1,2,3"]) == 0
    printed = capsys.readouterr().out
    assert "caffemodel: net.caffemodel (largest difference: 0 of the largest value)" in printed
    assert "all formats agree" in printed
    assert "mean_value: [1.0, 2.0, 3.0]" in (out / "REPORT.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.prototxt"], "-out is required"),
        (["-out", "o"], "name a net and its weights"),
        (["x.prototxt", "-out", "o"], "the weights are missing; name them after the net, or give -untrained"),
        (["x.prototxt", "-out", "o", "-formats", "onx"], "no format 'onx'; did you mean 'onnx'?"),
        (["x.prototxt", "y", "-out", "o", "-mean_value", "a"], "'a' is not a list of numbers"),
        (["x.prototxt", "-all", ".", "-out", "o"], "-all and a net exclude each other"),
    ],
)
def test_wrong_usage_is_explained(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["migrate", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_migrate_all_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "net.prototxt").write_text(TEXT)
    arguments = [
        "migrate",
        "-all",
        str(tmp_path / "models"),
        "-out",
        str(tmp_path / "out"),
        "-formats",
        "caffemodel",
    ]
    assert main(arguments) == 2
    assert "no net with weights" in capsys.readouterr().err
    assert main([*arguments, "-untrained", "-processes", "1"]) == 0
    assert "caffemodel: 1 of 1 (100.0 %)" in capsys.readouterr().out


def test_migrate_all_writes_the_table_of_what_was_done_before_an_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "net.prototxt").write_text(TEXT)

    def interrupted(*_: object, **__: object) -> Iterator[tuple[Path, list[object], str]]:
        yield Path("first.prototxt"), [], "a fault"
        raise KeyboardInterrupt

    monkeypatch.setattr(many, "migrate_each", interrupted)
    arguments = ["migrate", "-all", str(tmp_path / "models"), "-out", str(tmp_path / "out"), "-untrained"]
    assert main(arguments) == 130
    assert "| first.prototxt | - | - | - | - | a fault |" in (tmp_path / "out" / "REPORT.md").read_text()
