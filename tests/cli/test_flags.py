"""The flags that several commands take."""

from __future__ import annotations

from typing import Any

import click
import pytest

from layerzoo.cli import flags, gflags


@click.command("run", cls=gflags.Command)
@flags.model
@flags.weights
@flags.gpu
@flags.phase
@flags.level
@flags.stage
@flags.iterations(50)
@flags.overrides
def run_command(**values: Any) -> dict[str, Any]:
    return values


@click.command("query", cls=gflags.Command)
@gflags.flag("gpu", callback=flags.gpu_ids)
def query(gpu: flags.Gpus) -> flags.Gpus:
    return gpu


def run(*args: str, command: click.Command = run_command) -> Any:
    with command.make_context("run", list(args)) as context:
        return command.invoke(context)


def test_nothing_given() -> None:
    assert run() == {
        "model": None,
        "weights": (),
        "gpu": None,
        "phase": None,
        "level": 0,
        "stage": (),
        "iterations": 50,
        "overrides": (),
    }


def test_everything_given() -> None:
    given = "-model n -weights a.h5,b -gpu 0 -phase test -level 2 -stage deploy,big -iterations 7"
    assert run(*given.split(), "-set", "a=1", "-set", "b=2") == {
        "model": "n",
        "weights": ("a.h5", "b"),
        "gpu": (0,),
        "phase": "TEST",
        "level": 2,
        "stage": ("deploy", "big"),
        "iterations": 7,
        "overrides": ("a=1", "b=2"),
    }


@pytest.mark.parametrize(
    ("given", "ids"), [("none", ()), ("0", (0,)), ("3", (3,)), ("0,2", (0, 2)), ("all", "all")]
)
def test_which_gpus(given: str, ids: flags.Gpus) -> None:
    assert run("-gpu", given, command=query) == ids


@pytest.mark.parametrize("given", ["x", "-1", "0,", "", "0;1", "None"])
def test_what_is_no_gpu(given: str) -> None:
    with pytest.raises(click.BadParameter, match="is not an index such as 0, nor none"):
        run(f"-gpu={given}", command=query)


@pytest.mark.parametrize("given", ["0,1", "all"])
def test_several_gpus_are_refused_where_one_is_used(given: str) -> None:
    with pytest.raises(click.BadParameter, match="is several GPUs; name one"):
        run("-gpu", given)


@pytest.mark.parametrize(
    "args", [["-phase", "DEPLOY"], ["-iterations", "0"], ["-iterations", "-5"], ["-level", "a"]]
)
def test_what_is_out_of_range_names_the_flag(args: list[str]) -> None:
    with pytest.raises(click.BadParameter) as caught:
        run(*args)
    assert f"'{args[0]}'" in caught.value.format_message()
