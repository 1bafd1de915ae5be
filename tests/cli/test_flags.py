"""Flags that several commands share."""

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


def test_defaults() -> None:
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


def test_values_of_all_flags() -> None:
    value = "-model n -weights a.h5,b -gpu 0 -phase test -level 2 -stage deploy,big -iterations 7"
    assert run(*value.split(), "-set", "a=1", "-set", "b=2") == {
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
    ("value", "ids"), [("none", ()), ("0", (0,)), ("3", (3,)), ("0,2", (0, 2)), ("all", "all")]
)
def test_gpu_ids(value: str, ids: flags.Gpus) -> None:
    assert run("-gpu", value, command=query) == ids


@pytest.mark.parametrize("value", ["x", "-1", "0,", "", "0;1", "None"])
def test_invalid_gpu_ids_are_refused(value: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a GPU index such as 0, and not none"):
        run(f"-gpu={value}", command=query)


@pytest.mark.parametrize("value", ["0,1", "all"])
def test_several_gpus_are_refused_where_one_is_used(value: str) -> None:
    with pytest.raises(click.BadParameter, match="is several GPUs; name one"):
        run("-gpu", value)


@pytest.mark.parametrize(
    "args", [["-phase", "DEPLOY"], ["-iterations", "0"], ["-iterations", "-5"], ["-level", "a"]]
)
def test_invalid_values_name_the_flag(args: list[str]) -> None:
    with pytest.raises(click.BadParameter) as caught:
        run(*args)
    assert f"'{args[0]}'" in caught.value.format_message()
