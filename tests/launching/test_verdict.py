"""What follows from the way an attempt has ended on each machine."""

from __future__ import annotations

import json
import signal

import pytest

from layerzoo.launching.verdict import Ended, Report, Verdict, exit_code, judge

KILLED = -int(signal.SIGKILL)
TERMINATED = -int(signal.SIGTERM)
GONE = "another of the processes has ended"
SILENT = "the connection to machine node2 is lost"


def _reports(
    *machines: tuple[int, ...],
    lost: dict[int, str] | None = None,
    begun: bool = True,
    stopped: tuple[int, int] = (0, 0),
) -> list[Report]:
    """Reports of machines whose processes ended with these codes."""
    found, rank = [], 0
    for number, codes in enumerate(machines):
        ended = []
        for local, code in enumerate(codes):
            ended.append(Ended(rank, local, 100 + rank, code, code != 0, (lost or {}).get(rank)))
            rank += 1
        prefix = "/runs/r" if begun else None
        words = ["my last words"] if KILLED in codes else []
        found.append(Report(f"node{number}", ended, begun, prefix, words, stopped[number]))
    return found


@pytest.mark.parametrize(
    ("codes", "code"),
    [((0, 0), 0), ((1, 4), 4), ((3, 1), 3), ((5, 0), 5), ((4, TERMINATED), 4), ((1, TERMINATED), 1), ((), 1)],
)
def test_exit_code_is_that_of_the_error_that_began_it(codes: tuple[int, ...], code: int) -> None:
    assert exit_code([Ended(rank, rank, 1, code, True) for rank, code in enumerate(codes)]) == code


def test_report_survives_json() -> None:
    [report] = _reports((0, KILLED), lost={0: GONE})
    assert Report.from_json(json.loads(json.dumps(report.to_json()))).ended == report.ended


def test_process_that_was_killed_is_named_with_its_machine_and_last_words() -> None:
    verdict = judge(_reports((1,), (KILLED,), lost={0: GONE}), [], 0, 0)
    assert verdict.code == 1
    assert verdict.text == (
        "process 1 of 2 on machine node1 (pid 101) was killed by SIGKILL, as the system does with a process "
        "if memory runs out; the same command with -resume auto goes on from the newest snapshot\n"
        "its last lines:\n  my last words"
    )


def test_death_on_any_machine_starts_all_again_while_restarts_are_left() -> None:
    reports = _reports((1,), (KILLED,), lost={0: GONE})
    cause = "process 1 of 2 on machine node1 (pid 101) was killed by SIGKILL"
    assert judge(reports, [], 1, 2) == Verdict(None, cause, absent=[])
    assert "; all 2 restarts are used up; " in judge(reports, [], 2, 2).text


def test_silent_connection_goes_before_processes_that_followed() -> None:
    verdict = judge(_reports((1, 1), lost={0: GONE, 1: SILENT}), ["node2"], 0, 1)
    assert verdict == Verdict(None, SILENT, absent=["node2"])
    assert judge(_reports((1,), lost={0: GONE}), ["node2"], 0, 1).cause == (
        "the launch on machine node2 was killed, or the machine is off"
    )
    assert judge(_reports((1,), lost={0: GONE}), ["node2"], 0, 1, "no answer").cause == "no answer"


def test_machine_that_is_absent_turns_a_stop_of_the_others_into_a_restart() -> None:
    """The processes of a launch that was killed stop all others in order."""
    assert judge(_reports((75,)), ["node2"], 0, 1).code is None
    assert judge(_reports((75,)), ["node2"], 0, 0).code == 1
    assert judge(_reports((75,), (75,)), [], 0, 1) == Verdict(75)
    assert judge(_reports((0,)), ["node2"], 0, 1) == Verdict(0)  # it was the end


def test_mistake_ends_all_and_is_told_where_it_was_made() -> None:
    verdict = judge(_reports((1,), (4,), lost={0: GONE}), [], 0, 5)
    assert (verdict.code, verdict.told_by) == (4, 1)
    assert verdict.text == "process 1 of 2 on machine node1 has ended the run; its own message says why"


def test_error_before_training_is_not_repeated() -> None:
    reports = _reports((1,), (1,), lost={0: GONE}, begun=False)
    verdict = judge(reports, [], 0, 5)
    assert (verdict.code, verdict.told_by) == (1, 1)
    assert judge(_reports((1,), (1,), lost={0: GONE}), [], 0, 5).cause == "a process on machine node1 failed"


def test_death_before_training_is_repeated() -> None:
    assert judge(_reports((KILLED,), (1,), lost={1: GONE}, begun=False), [], 0, 5).code is None


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (signal.SIGINT, 130, "stopped by Ctrl-C on machine node1"),
        (signal.SIGTERM, 75, "stopped by SIGTERM on machine node1"),
    ],
)
def test_stop_on_one_machine_is_one_on_all(number: signal.Signals, code: int, text: str) -> None:
    reports = _reports((1,), (TERMINATED,), lost={0: GONE}, begun=False, stopped=(0, number))
    assert judge(reports, [], 0, 5) == Verdict(code, text=text)
    assert judge(_reports((0,), (0,), stopped=(0, number)), [], 0, 5) == Verdict(0)
    assert judge(_reports((5,), (0,), stopped=(0, number)), ["node2"], 0, 5) == Verdict(5)
