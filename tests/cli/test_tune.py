"""``layerzoo tune``."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.loader import load_solver
from layerzoo.tune import Journal
from layerzoo.tune.tuning import Tuning
from tests.tune.plans import GRID


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tune.yaml").write_text(GRID)


def test_tune_prints_a_table_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "tune.yaml", "-processes", "2", "-gpu", "none"]) == 0
    out, err = capsys.readouterr()
    rows = [line.split("│")[1:-1] for line in out.splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row][:2] for row in rows] == [["1", "done"], ["0", "done"]]
    assert "trial 0 of 2 begins: base_lr=0.0001" in err
    assert "best: trial 1; its config: tune.tune/best.yaml" in err
    assert load_solver("tune.tune/best.yaml").message.base_lr == pytest.approx(0.05)
    assert main(["train", "-solver", "tune.tune/best.yaml", "-set", "max_iter=2", "-gpu", "none"]) == 0
    assert Path("tune.tune/best.run/iter_2").is_dir()
    capsys.readouterr()
    assert main(["tune", "tune.yaml", "-table", "-json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [trial["number"] for trial in shown["trials"]] == [1, 0]
    assert main(["tune", "tune.yaml", "-table", "-picture", "tune.svg"]) == 0
    assert Path("tune.svg").read_text().startswith("<?xml")
    assert main(["zoo", "publish", "tune.tune/trial-0001.run", "-name", "tuned"]) == 0


def test_faults_of_the_plan_end_with_usage_code(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tune.yaml").write_text(GRID.replace("base_lr", "bse_lr"))
    assert main(["tune", "tune.yaml"]) == 2
    assert "error: tune.yaml:4:3: unknown field 'bse_lr'" in capsys.readouterr().err
    assert not Path("tune.tune").exists()


def test_table_prints_failed_trials_last_with_their_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "tune.yaml", "-table"]) == 0
    assert capsys.readouterr().out == "no trials in tune.tune yet\n"
    journal = Journal(Path("tune.tune"))
    journal.begin({})
    bad = journal.trial_begins(0, {"base_lr": "1"})
    bad.state, bad.message = "failed", "out of memory\nfurther lines"
    journal.trial_ends(bad)
    journal.trial_begins(1, {"base_lr": "2"})
    assert main(["tune", "tune.yaml", "-table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "│ 1     │ begun" in lines[3]
    assert "│ 0     │ failed" in lines[4]
    assert lines[-1] == "trial 0: out of memory"


def test_importance_is_printed_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tune.yaml").write_text(GRID.replace("[0.0001, 0.05]", "[0.01, 0.1]"))
    journal = Journal(Path("tune.tune"))
    journal.begin({})
    for number in range(6):
        trial = journal.trial_begins(number, {"base_lr": "0.01" if number < 3 else "0.1"})
        trial.state, trial.value = "done", number / 10
        journal.trial_ends(trial)
    assert main(["tune", "tune.yaml", "-table"]) == 0
    assert "importance: base_lr 0.71" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 75)])
def test_stop_says_how_to_go_on(
    number: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(self: Tuning, retry: bool) -> None:
        self.journal.begin({})
        self.journal.trial_begins(0, {"base_lr": "0.0001"})
        self.signals.append(number)

    monkeypatch.setattr(Tuning, "run", run)
    words = ["-processes", "2", "-gpu", "none", "-out", "my folder", "-picture", "t.png"]
    assert main(["tune", "tune.yaml", *words]) == code
    err = capsys.readouterr().err
    assert "t.png is not written: no trial has a score yet" in err
    assert err.splitlines()[-1] == (
        "stopped: 0 of 2 trials have ended; to go on: "
        "layerzoo tune tune.yaml -processes 2 -gpu none -out 'my folder' -picture t.png"
    )


def test_tune_without_a_score_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tuning, "run", lambda self, retry: None)
    assert main(["tune", "tune.yaml"]) == 1


def test_all_gpus_need_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert main(["tune", "tune.yaml", "-gpu", "all"]) == 2
    assert "torch sees no GPU" in capsys.readouterr().err


def test_picture_of_another_format_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["tune", "tune.yaml", "-picture", "tune.bmp"]) == 2
    assert "'tune.bmp' has to end in one of" in capsys.readouterr().err
    assert not Path("tune.tune").exists()


def test_missing_plan_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "tun.yaml"]) == 2
    assert "no file 'tun.yaml'" in capsys.readouterr().err
