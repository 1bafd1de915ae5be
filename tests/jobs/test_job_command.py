"""The commands that a job runs."""

from __future__ import annotations

import pytest

from layerzoo.errors import UsageError
from layerzoo.jobs.job_command import Train, Tune, without_program
from tests.jobs.jobs import train

TUNE = Tune(("tune.yaml",), {}, ("tune.yaml",))


def test_train_goes_on_from_its_newest_snapshot() -> None:
    assert train().added(1, 0, 1) == ["-resume", "auto", "-gpu", "none"]
    assert train("-resume", "auto", resume="auto").added(1, 0, 1) == ["-gpu", "none"]
    assert train("-snapshot", "auto", snapshot="auto").added(1, 0, 1) == ["-gpu", "none"]


def test_train_keeps_what_it_is_given() -> None:
    assert train("-gpu", "2", gpu="2").added(1, 4, 1) == ["-resume", "auto"]
    given = train("-processes", "3", processes="3")
    assert given.added(1, 0, 2) == ["-resume", "auto", "-gpu", "none"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"dry_run": "true"}, "train -dry_run: it ends after one step"),
        ({"new": "true"}, "train -new: each restart would begin a new run"),
        ({"machines": "2"}, "train -machines: the job sets it"),
        ({"rendezvous": "a:1"}, "train -rendezvous: the job sets it"),
        ({"stop_machine": "true"}, "train -stop_machine: the scheduler takes"),
        ({"resume": "a.run/iter_5"}, "train -resume a.run/iter_5: each restart would go back to it"),
        ({"snapshot": "a.run/iter_5"}, "train -snapshot a.run/iter_5: each restart"),
    ],
)
def test_train_is_refused_what_a_job_can_not_do(flags: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        train(**flags).check(1)
    assert str(caught.value).startswith(message)


def test_train_accepts_a_switch_that_is_off() -> None:
    train(new="false", dry_run="true false").check(1)


def test_train_with_two_dashes_is_refused() -> None:
    with pytest.raises(UsageError, match="leave out '--'"):
        train("--").check(1)


def test_train_knows_what_is_set() -> None:
    given = train(set="snapshot_prefix=a base_lr=0.1")
    assert given.sets("snapshot_prefix")
    assert not given.sets("snapshot")
    assert not train().sets("base_lr")


def test_tune_runs_on_one_machine() -> None:
    TUNE.check(1)
    with pytest.raises(UsageError, match="tune runs its trials on one machine"):
        TUNE.check(2)
    with pytest.raises(UsageError, match="tune -table: it runs nothing"):
        Tune(("tune.yaml", "-table"), {"table": ("true",)}, ("tune.yaml",)).check(1)
    with pytest.raises(UsageError, match="name one plan"):
        Tune((), {}).check(1)


def test_tune_has_a_trial_on_each_gpu() -> None:
    assert TUNE.on(1, 0, 1) == ["tune", "tune.yaml", "-gpu", "none"]
    assert TUNE.on(1, 4, 1) == ["tune", "tune.yaml", "-gpu", "all", "-processes", "4"]
    assert TUNE.on(1, 0, 2) == ["tune", "tune.yaml", "-gpu", "none", "-processes", "2"]
    own = Tune(("t.yaml", "-gpu", "0"), {"gpu": ("0",), "processes": ("1",)}, ("t.yaml",))
    assert own.on(1, 4, 1) == ["tune", "t.yaml", "-gpu", "0"]


def test_name_of_the_program_may_come_first() -> None:
    assert without_program(["layerzoo", "train", "-solver", "a"]) == ["train", "-solver", "a"]
    assert without_program(("tune", "a")) == ["tune", "a"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the command to run is missing; expected train or tune, after two dashes"),
        (["layerzoo"], "the command to run is missing"),
        (["python", "x.py"], "a job can't run 'python'; expected train or tune"),
        (["test"], "a job can't run 'test'"),
    ],
)
def test_other_commands_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        without_program(words)
    assert str(caught.value).startswith(message)


def test_solver_is_the_last_one_given() -> None:
    assert Train((), {"solver": ("a", "b")}).file == "b"


def test_train_needs_a_solver() -> None:
    with pytest.raises(UsageError, match=r"^train: -solver is required$"):
        Train(("-gpu", "0"), {"gpu": ("0",)}).check(1)
