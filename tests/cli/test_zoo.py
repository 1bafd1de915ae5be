"""``layerzoo zoo``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.zoo import Entry, LocalZoo, publish


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalZoo:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return LocalZoo()


@pytest.fixture
def entry(zoo: LocalZoo) -> Entry:
    net = {
        "name": "tiny",
        "layers": 2,
        "params": 650,
        "inputs": {"data": [1, 1, 8, 8]},
        "outputs": {"prob": [1, 10]},
    }
    facts = {
        "results": {"accuracy": 0.975, "loss": 0.125},
        "dataset": "digits (test)",
        "iteration": 7,
        "net": net,
    }
    return publish("tiny", {"weights.safetensors": bytes(2500)}, facts, zoo)


def test_an_empty_zoo_says_how_to_fill_it(zoo: LocalZoo, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "list"]) == 0
    assert f"the zoo is empty ({zoo.root}); layerzoo train" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["list", "ls"])
def test_list_has_a_line_an_entry(name: str, entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    publish("tiny", {}, {})
    assert main(["zoo", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    day = entry.manifest["created"][:10]
    size = (2500 + entry.files["README.md"].size) / 1000
    assert lines[0].split() == ["tiny@1", day, f"{size:.1f}", "kB", "accuracy", "0.975,", "loss", "0.125"]
    assert lines[1].split()[0] == "tiny@2"


def test_a_damaged_entry_is_listed_as_damaged(entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    (entry.path / "entry.json").write_text("{}\n")
    assert main(["zoo", "list"]) == 0
    assert "tiny@1" in (out := capsys.readouterr().out)
    assert "zoo entry tiny@1 is damaged: entry.json: not an entry's" in out


def test_info_says_what_an_entry_is(entry: Entry, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "info", "tiny"]) == 0
    rows = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if " " in line.strip()
    )
    assert rows["entry"] == "tiny@1"
    assert rows["results"] == "accuracy 0.975, loss 0.125"
    assert rows["net"] == "tiny: 2 layers, 650 params"
    assert rows["inputs"] == "data 1 x 1 x 8 x 8"
    assert rows["id"] == entry.id
    assert rows["weights.safetensors"].startswith("2.5 kB")


def test_an_unknown_entry_is_answered_with_the_nearest(
    entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["zoo", "info", "tinny"]) == 1
    assert "no zoo entry 'tinny'" in (err := capsys.readouterr().err)
    assert "did you mean 'tiny'?" in err
    assert main(["zoo", "info", "tiny@9"]) == 1
    assert f"no version '9' of zoo entry 'tiny'; there are: 1 ({entry.id[:12]})" in capsys.readouterr().err
