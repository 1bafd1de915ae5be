"""All forms of flags that gflags accepts."""

from __future__ import annotations

from typing import Any

import click
import pytest

from layerzoo.cli import gflags

BOXED: list[bool] = []


def _boxed(ctx: click.Context, param: click.Parameter, value: bool | None) -> None:
    if value is not None:
        BOXED.append(value)


@click.group("zoo", cls=gflags.Group)
@click.option("--version", is_flag=True, expose_value=False)
@gflags.everywhere("boxed", callback=_boxed, help="In a box.")
def program() -> None:
    pass


@program.command()
@click.argument("words", nargs=-1)
@gflags.flag("solver", metavar="FILE")
@gflags.flag("level", type=int, default=0)
@gflags.flag("sigint_effect", default="stop")
@gflags.flag("set", to="overrides", multiple=True)
@gflags.switch("shuffle", help="Mix the order.")
@gflags.switch("notify", default=True)
def train(**values: Any) -> dict[str, Any]:
    """Train."""
    return values


@program.command()
@gflags.flag("model")
@gflags.switch("lenient")
def check(**values: Any) -> dict[str, Any]:
    """Check."""
    return values


@program.group()
def store() -> None:
    """A group in a group."""


@store.command("list")
@gflags.flag("home")
def list_(**values: Any) -> dict[str, Any]:
    return values


def run(*args: str) -> dict[str, Any]:
    with program.make_context("zoo", list(args)) as context:
        return program.invoke(context)


def fault(*args: str) -> str:
    with pytest.raises(click.UsageError) as caught:
        run(*args)
    return caught.value.format_message()


@pytest.mark.parametrize(
    "args",
    [
        ["train", "-solver", "a.yaml"],
        ["train", "-solver=a.yaml"],
        ["train", "--solver", "a.yaml"],
        ["train", "--solver=a.yaml"],
        ["-solver", "a.yaml", "train"],
        ["-solver=a.yaml", "train"],
        ["--solver", "a.yaml", "train"],
        ["--solver=a.yaml", "train"],
        ["train", "-solver", "b.yaml", "-solver", "a.yaml"],
        ["-solver", "b.yaml", "train", "--solver=a.yaml"],
    ],
)
def test_value_in_every_spelling(args: list[str]) -> None:
    assert run(*args)["solver"] == "a.yaml"


@pytest.mark.parametrize(
    ("args", "on"),
    [
        ([], False),
        (["-shuffle"], True),
        (["--shuffle"], True),
        (["-noshuffle"], False),
        (["--noshuffle"], False),
        (["-shuffle=true"], True),
        (["--shuffle=True"], True),
        (["-shuffle=1"], True),
        (["-shuffle=yes"], True),
        (["-shuffle=t"], True),
        (["-shuffle", "-shuffle=false"], False),
        (["-shuffle", "-shuffle=0"], False),
        (["-shuffle", "-shuffle=n"], False),
        (["-noshuffle", "-shuffle"], True),
        (["-shuffle", "-noshuffle"], False),
    ],
)
def test_switch_in_every_spelling(args: list[str], on: bool) -> None:
    assert run("train", *args)["shuffle"] is on
    assert run(*args, "train")["shuffle"] is on


def test_switch_name_may_begin_with_no() -> None:
    assert run("train")["notify"] is True
    assert run("train", "-nonotify")["notify"] is False
    assert run("train", "-notify=false", "-notify")["notify"] is True


@pytest.mark.parametrize("args", [["-level", "-3"], ["-level=-3"], ["--level", "-3"]])
def test_negative_number_is_a_value(args: list[str]) -> None:
    assert run("train", *args)["level"] == -3
    assert run(*args, "train")["level"] == -3


def test_words_may_be_anywhere_and_keep_their_order() -> None:
    assert run("train", "a", "-level", "2", "-1.5", "-", "b", "-.5")["words"] == (
        "a",
        "-1.5",
        "-",
        "b",
        "-.5",
    )


def test_two_dashes_end_the_flags() -> None:
    values = run("train", "-level=1", "--", "-level=2", "--", "-solver")
    assert values["level"] == 1
    assert values["words"] == ("-level=2", "--", "-solver")


def test_repeatable_flag_keeps_its_values_in_order() -> None:
    values = run("-set", "a=1", "train", "-set=b=2", "--set", "c[x]=-3", "-set", "-d=4")
    assert values["overrides"] == ("a=1", "b=2", "c[x]=-3", "-d=4")


def test_empty_value_is_kept() -> None:
    assert run("train", "-solver=")["solver"] == ""
    assert run("train", "-solver", "")["solver"] == ""


def test_dashes_replace_underscores() -> None:
    assert run("train", "-sigint-effect", "none")["sigint_effect"] == "none"


def test_flag_before_a_group_reaches_its_command() -> None:
    assert run("-home", "x", "store", "list") == {"home": "x"}
    assert run("store", "-home", "x", "list") == {"home": "x"}
    assert run("store", "list", "-home", "x") == {"home": "x"}


def test_switch_before_the_command_takes_no_word() -> None:
    assert run("-lenient", "check") == {"model": None, "lenient": True}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["train", "-slover", "x"], "no flag '-slover'; did you mean '-solver'?"),
        (["train", "--slover=x"], "no flag '-slover'; did you mean '-solver'?"),
        (["-slover", "x", "train"], "no flag '-slover'; did you mean '-solver'?"),
        (["train", "-qqq"], "no flag '-qqq'"),
        (["train", "-nosolver"], "no flag '-nosolver'; did you mean '-solver'?"),
        (["train", "-model", "x"], "no flag '-model'; it is a flag of check"),
        (["-model", "x", "train"], "no flag '-model'; it is a flag of check"),
        (["train", "-solver"], "'-solver' needs a value: -solver FILE"),
        (["train", "-solver", "-level", "1"], "'-solver' needs a value: -solver FILE"),
        (["train", "-solver", "--level=1"], "'-solver' needs a value: -solver FILE"),
        (["train", "-shuffle", "true"], "'-shuffle true' must be written with an equals sign: -shuffle=true"),
        (
            ["train", "-shuffle=maybe"],
            "'-shuffle=maybe' is neither true nor false: write -shuffle or -shuffle=false",
        ),
        (
            ["train", "-noshuffle=true"],
            "'-noshuffle=true' is neither true nor false: write -shuffle or -shuffle=false",
        ),
        (["train", "-level", "x"], "Invalid value for '-level': 'x' is not a valid integer."),
        (["trian"], "no command 'trian'; did you mean 'train'?"),
        (["store", "lst"], "no command 'lst'; did you mean 'list'?"),
        (["-solver", "x"], "the command is missing: zoo COMMAND -solver x"),
        (["check", "x"], "unexpected argument 'x'; did you mean -model x?"),
    ],
)
def test_usage_errors_suggest_a_fix(args: list[str], message: str) -> None:
    assert fault(*args) == message


def test_help_shows_flags_with_one_dash(capsys: pytest.CaptureFixture[str]) -> None:
    for spelling in ("-help", "--help", "-h"):
        with pytest.raises(click.exceptions.Exit) as left:
            run("train", spelling)
        assert left.value.exit_code == 0
        out = capsys.readouterr().out
        assert "-solver FILE" in out
        assert "--solver" not in out
        assert "-shuffle  " in out
        assert "Mix the order." in out
        assert "(may be given several times)" in out


def test_group_without_a_command_prints_help_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit) as left:
        run()
    assert left.value.exit_code == 2
    assert "train  Train." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "boxed"),
    [
        (["-boxed", "train"], [True]),
        (["train", "-boxed", "-level", "3"], [True]),
        (["train", "word", "--boxed=true"], [True]),
        (["-level", "3", "-boxed", "train", "-noboxed"], [True, False]),
        (["store", "list", "-boxed"], [True]),
        (["train", "-boxed=false"], [False]),
        (["train", "-solver", "-x", "--", "-boxed"], []),
        (["train"], []),
    ],
)
def test_switch_of_the_program_may_stand_anywhere(args: list[str], boxed: list[bool]) -> None:
    BOXED.clear()
    program.main(args, standalone_mode=False)
    assert boxed == BOXED
