"""Telling the user's code from Layerzoo's, and the lines of errors in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo import user_code
from layerzoo.errors import LayerzooError
from layerzoo.layer import Layer
from layerzoo.loader import parse_net
from layerzoo.user_code import by_user, said, traced, users_frames, where


def test_by_user_goes_by_the_module() -> None:
    assert not by_user(Layer)
    assert not by_user(parse_net)
    assert by_user(json.JSONDecoder)


def test_where_is_file_and_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    line = test_by_user_goes_by_the_module.__code__.co_firstlineno
    assert where(test_by_user_goes_by_the_module) == f"test_user_code.py:{line}"
    assert where(len) == "builtins"


def raise_deep(depth: int) -> None:
    if depth:
        raise_deep(depth - 1)
    raise KeyError("deep")


@pytest.fixture
def error(monkeypatch: pytest.MonkeyPatch) -> Exception:
    """An error of this module, called by Layerzoo."""
    monkeypatch.setattr(user_code, "_known", {__name__})
    called = eval(  # a frame of Layerzoo's, without calling any of its functions that call back
        "lambda function: function(5)", {"__name__": "layerzoo.engine"}
    )
    try:
        called(raise_deep)
    except KeyError as error:
        error.add_note("in layer 'x'")
        return error
    raise AssertionError


def test_frames_begin_at_the_call_by_layerzoo(error: Exception) -> None:
    assert [frame.f_code.co_name for frame, _ in users_frames(error)] == ["raise_deep"] * 6


def test_traced_shows_first_and_last_frames_and_notes(error: Exception) -> None:
    lines = traced(error)
    assert len([line for line in lines if line.endswith("in raise_deep")]) == 3
    assert lines[-2:] == ["KeyError: 'deep'", "in layer 'x'"]
    assert lines[-3] == '    raise KeyError("deep")'


def test_frames_of_unmarked_modules_are_left_out(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_code, "_known", set())
    assert users_frames(error) == []


def test_said_shortens_long_messages() -> None:
    assert said(LayerzooError("a\nb\n\nc\nd")) == ["LayerzooError: a", "b", "c", "…"]
    assert said(KeyError()) == ["KeyError"]
