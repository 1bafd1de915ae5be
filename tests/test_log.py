"""Log lines, against what parsers of Caffe's logs look for and against Caffe's own recorded logs."""

from __future__ import annotations

import io
import logging
import os
import re
import sys
from pathlib import Path

import pytest

from layerzoo import log

PREFIX = r"([IWEF])(\d{4} \d\d:\d\d:\d\d\.\d{6}) +(\d+) ([\w.]+):(\d+)\] "
LINES = [  # what is said, and the pattern by which parsers of the field find it
    ("Solving LeNet", r"Solving (\w+)"),
    ("Iteration 0, Testing net (#0)", r"Iteration (\d+), Testing net \(#(\d+)\)"),
    (
        "    Test net output #1: loss = 2.40592 (* 1 = 2.40592 loss)",
        r"    Test net output #(\d+): (\S+) = ([\d.e+-]+)(?: \(\* ([\d.e+-]+) = ([\d.e+-]+) loss\))?",
    ),
    (
        "Iteration 100 (39.8724 iter/s, 2.508s/100 iters), loss = 0.24831",
        r"Iteration (\d+) \(([\d.e+-]+) iter/s, ([\d.e+-]+)s/(\d+) iters\), loss = ([\d.e+-]+|nan)",
    ),
    (
        "    Train net output #0: loss = 0.24831 (* 1 = 0.24831 loss)",
        r"    Train net output #(\d+): (\S+) = ([\d.e+-]+)(?: \(\* ([\d.e+-]+) = ([\d.e+-]+) loss\))?",
    ),
    ("Iteration 100, lr = 0.00992565", r"Iteration (\d+), lr = ([\d.e+-]+)"),
    ("Optimization Done.", r"Optimization Done\."),
]


@pytest.fixture
def logger() -> logging.Logger:
    """Layerzoo's logger, showing on stderr."""
    log.to_stderr()
    return logging.getLogger("layerzoo")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00992565, "0.00992565"),
        (0.00001, "1e-05"),
        (2.405921, "2.40592"),
        (0.3329999, "0.333"),
        (100, "100"),
        (1234567.0, "1.23457e+06"),
        (0.1 + 0.2, "0.3"),
        (float("inf"), "inf"),
        (-float("nan"), "nan"),
        (-2.5, "-2.5"),
    ],
)
def test_number_is_printed_as_by_caffe(value: float, text: str) -> None:
    assert log.number(value) == text


@pytest.mark.parametrize(("text", "pattern"), LINES)
def test_line_matches_the_patterns_of_parsers(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str], data: Path, text: str, pattern: str
) -> None:
    logger.info(text)
    line = PREFIX + pattern
    ours = capsys.readouterr().err
    found = re.fullmatch(line + "\n", ours)
    assert found is not None, ours
    assert found[1] == "I"
    assert int(found[3]) == os.getpid()
    assert found[4] == "test_log.py"
    theirs = (data / "conformance/logs/caffe_lenet_mnist.log").read_text()
    assert re.search(f"^{line}$", theirs, re.MULTILINE), "the pattern is not Caffe's"


def test_recorded_numbers_are_printed_the_same(data: Path) -> None:
    text = (data / "conformance/logs/caffe_lenet_mnist.log").read_text()
    found = re.findall(r"(?:loss|accuracy|lr) = (\S+)", text)
    assert len(found) > 50
    assert [log.number(float(number)) for number in found] == found


def test_severity_is_the_first_letter(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    for level in (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        logger.log(level, "x")
    assert [line[0] for line in capsys.readouterr().err.splitlines()] == ["I", "W", "E", "F"]


def test_process_id_is_padded_to_five(logger: logging.Logger) -> None:
    record = logger.makeRecord("layerzoo", logging.INFO, "/a/net.py", 7, "x", (), None)
    record.process = 42
    assert re.fullmatch(r"I\d{4} [\d:.]{15}    42 net\.py:7\] x", log.GlogFormatter().format(record))


def test_midnight_has_all_six_digits(logger: logging.Logger) -> None:
    record = logger.makeRecord("layerzoo", logging.INFO, "net.py", 7, "x", (), None)
    record.created = float(round(record.created))
    assert re.match(r"I\d{4} \d\d:\d\d:\d\d\.000000 ", log.GlogFormatter().format(record))


def test_further_lines_have_no_prefix_and_are_not_blank(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.info("Initializing net from parameters: \nname: 'x'\r\n\n  layer {\n}\n")
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.endswith("] Initializing net from parameters:")
    assert rest == ["name: 'x'", "  layer {", "}"]


def test_exception_follows_its_message(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("seven")
    except ValueError:
        logger.exception("it failed")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("] it failed")
    assert lines[-1] == "ValueError: seven"


def test_to_stderr_twice_shows_lines_once(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    log.to_stderr()
    logger.getChild("solver").info("once")
    assert capsys.readouterr().err.count("once") == 1


def test_stderr_is_looked_up_at_each_line(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "elsewhere").open("w") as elsewhere:
        monkeypatch.setattr(sys, "stderr", elsewhere)
        logger.info("there")
    assert (tmp_path / "elsewhere").read_text().endswith("] there\n")


@pytest.mark.parametrize(
    ("setting", "shown"), [("0", "IWE"), ("1", "WE"), ("2", "E"), ("9", ""), ("x", "IWE")]
)
def test_glog_minloglevel_hides_less_severe_lines(
    logger: logging.Logger,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    shown: str,
) -> None:
    monkeypatch.setenv("GLOG_minloglevel", setting)
    logger.handlers.clear()
    log.to_stderr()
    logger.info("x")
    logger.warning("x")
    logger.error("x")
    assert "".join(line[0] for line in capsys.readouterr().err.splitlines()) == shown


def test_to_file_appends_the_lines_of_its_block(logger: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    with log.to_file(path):
        logger.info("inside")
    logger.info("outside")
    lines = path.read_text().splitlines()
    assert lines[0] == "before"
    assert re.fullmatch(PREFIX + "inside", lines[1])
    assert len(lines) == 2


def test_name_in_a_line_can_neither_break_it_nor_forge_one(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = "x\nI1126 00:00:00.000000 1 solver.cpp:1] Iteration 5, loss = 0\r\x1b[2J"
    logger.info("Layer %s in %s", forged, Path(forged))
    logger.warning("%s", ValueError(forged))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[0].count(r"x\nI1126 00:00:00.000000 1 solver.cpp:1] Iteration 5, loss = 0\r\x1b[2J") == 2
    assert [bool(re.match(PREFIX, line)) for line in lines] == [True, True, False, False]
    assert lines[2].startswith("    I1126")
    assert lines[3] == r"\x1b[2J"


def test_lines_of_a_message_stay_lines(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logger.info("first\n    second")
    logger.warning("%s", ValueError("first\n    second"))
    assert [line.rpartition("]")[2] for line in capsys.readouterr().err.splitlines()] == [
        " first",
        "    second",
    ] * 2


def test_file_begins_with_the_lines_since_a_position(logger: logging.Logger, tmp_path: Path) -> None:
    with log.to_file(tmp_path / "earlier"):
        logger.info("of an earlier run")
    logger.info("of the command line")
    begin = log.position()
    logger.info("of building")
    other = log.position()
    logger.info("of building another")
    with log.to_file(tmp_path / "log", begin):
        logger.info("of training")
    lines = [line.rpartition("] ")[2] for line in (tmp_path / "log").read_text().splitlines()]
    assert lines == ["of the command line", "of building", "of building another", "of training"]
    with log.to_file(tmp_path / "other", other):
        pass
    assert (tmp_path / "other").read_text().count("of building another") == 1
    assert "of training" not in (tmp_path / "other").read_text()


def test_informing_logs_info_unless_a_level_is_set(logger: logging.Logger) -> None:
    before = logger.level
    try:
        for level, enabled in ((logging.NOTSET, True), (logging.ERROR, False)):
            logger.setLevel(level)
            with log.informing():
                assert logger.isEnabledFor(logging.INFO) is enabled
            assert logger.level == level
    finally:
        logger.setLevel(before)


def test_file_that_can_not_be_written_is_reported_once(
    logger: logging.Logger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log"
    path.mkdir()
    with log.to_file(path):
        logger.info("one")
        path.rmdir()
        logger.info("two")
        logger.info("three")
    err = capsys.readouterr().err
    assert err.count(f"the log {path} can't be written: Is a directory; its lines are lost") == 1
    assert [line.rpartition("] ")[2] for line in path.read_text().splitlines()] == ["two", "three"]


def test_stderr_that_fails_is_reported_in_the_file(
    logger: logging.Logger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(log.streams, "notes", [])
    logger.handlers.clear()
    log.to_stderr()
    monkeypatch.setattr(sys, "stderr", Full())
    with log.to_file(tmp_path / "log"):
        logger.info("one")
        logger.info("two")
    logger.handlers.clear()
    lines = [line.rpartition("] ")[2] for line in (tmp_path / "log").read_text().splitlines()]
    assert lines == ["stderr can't be written: No space left on device; its lines are lost", "one", "two"]


def test_missing_stderr_is_no_error(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    logger.info("lost")
    assert capsys.readouterr().out == "", "not printed to stdout"
