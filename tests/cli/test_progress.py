"""The progress bar, on a terminal only."""

from __future__ import annotations

import io
import logging
import re
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from layerzoo import log
from layerzoo.cli.progress import IterationBar

LONG = "Iteration 5 (39.8724 iter/s, 2.508s/100 iters), loss = 0.24831 [bold]is not markup[/bold] " + "x" * 80


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 100 columns, which replaces stderr."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return Terminal()


def run(bar: IterationBar, done: int = 0) -> None:
    with bar:
        for iteration in range(done + 1, 11):
            bar.advance_to(iteration)
            if iteration == 5:
                bar.show(loss=0.2483123, accuracy=0.98125)
                logging.getLogger("layerzoo").info(LONG)
                bar.show(loss=0.125)


def test_bar_shows_iterations_loss_accuracy_and_rate(terminal: Terminal) -> None:
    with redirect_stderr(terminal):
        run(IterationBar(10))
    shown = terminal.getvalue()
    assert "Training" in shown
    assert "10/10" in shown
    assert "loss 0.125  accuracy 0.9812" in shown
    assert "iter/s" in shown


def test_bar_begins_at_the_resumed_iteration(terminal: Terminal) -> None:
    with redirect_stderr(terminal), IterationBar(10, done=4, what="Testing"):
        pass
    assert re.search(r"Testing .* 4/10", terminal.getvalue())


def test_log_lines_are_printed_above_the_bar_unwrapped(terminal: Terminal) -> None:
    log.to_stderr()
    with redirect_stderr(terminal):
        run(IterationBar(10))
    lines = [re.sub(r"^.*\x1b\[2K", "", line) for line in terminal.getvalue().replace("\r", "\n").split("\n")]
    assert sum(line.endswith("] " + LONG) for line in lines) == 1


def test_incomplete_line_is_printed_at_the_end(terminal: Terminal) -> None:
    with redirect_stderr(terminal):
        with IterationBar(10):
            print("no end", end="", file=sys.stderr)
        assert sys.stderr is terminal
    assert "no end\n" in terminal.getvalue()


def test_file_gets_only_log_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log.to_stderr()
    run(IterationBar(10))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("] " + LONG + "\n")
    assert captured.err.count("\n") == 1
    assert "\r" not in captured.err


def test_dumb_terminal_gets_no_bar(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with redirect_stderr(terminal):
        run(IterationBar(10))
    assert terminal.getvalue() == ""


def test_redirected_stdout_is_left_alone(terminal: Terminal) -> None:
    elsewhere = io.StringIO()
    with redirect_stderr(terminal), redirect_stdout(elsewhere), IterationBar(10):
        print("a result")
    assert elsewhere.getvalue() == "a result\n"
    assert "a result" not in terminal.getvalue()
