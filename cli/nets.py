"""What commands that run a net have in common."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

import click

from layerzoo.errors import UsageError

if TYPE_CHECKING:
    import torch

    from layerzoo.cli.flags import Gpus
    from layerzoo.graph import Graph, Unknown
    from layerzoo.loader import Document
    from layerzoo.schema import NetParameter, NetState

T = TypeVar("T")


def required(flag: str, value: T | None) -> T:
    """A flag's value.

    Raises:
        UsageError: it was not given.
    """
    if not value:
        raise UsageError(f"-{flag} is needed")
    return value


def device_of(gpu: Gpus) -> torch.device | None:
    """The device that ``-gpu`` names; None where it was not given.

    Raises:
        UsageError: torch sees no such GPU.
    """
    import torch

    if gpu is None:
        return None
    if not gpu:
        return torch.device("cpu")
    index = int(gpu[0])
    if index >= torch.cuda.device_count():
        raise UsageError(
            f"-gpu {index}: torch sees {torch.cuda.device_count() or 'no'} GPUs; -gpu none is the CPU"
        )
    return torch.device("cuda", index)


def default_device(gpu: Gpus) -> torch.device:
    """The device that ``-gpu`` names, else the CPU, as Caffe's commands take where there is no solver."""
    import torch

    return device_of(gpu) or torch.device("cpu")


def check_publish(name: str) -> None:
    """Check the name that a trained net is to have in the zoo; empty where it isn't published.

    Raises:
        UsageError: it can't be one.
    """
    from layerzoo.errors import ZooError
    from layerzoo.zoo.manifest import check_name

    try:
        if name:
            check_name(name)
    except ZooError as error:
        raise UsageError(f"publish: {error}") from error


def announce(device: torch.device) -> None:
    """Say where a net runs, as Caffe's commands do."""
    where = "CPU" if device.type == "cpu" else f"GPU with device ID {device.index}"
    logging.getLogger("layerzoo").info("Use %s.", where)


def wired(document: Document[NetParameter], state: NetState, unknown: Unknown = "error") -> Graph:
    """The graph of a net that is to be looked at, not run.

    Where the sources of its data layers aren't there, inputs stand for them, and stderr says so.

    Raises:
        ConfigError: the net has other faults.
    """
    from layerzoo.errors import ConfigError
    from layerzoo.net import graph_of
    from layerzoo.survey import wire_without_data

    try:
        return graph_of(document, state, unknown)
    except ConfigError as error:
        try:
            graph, notes = wire_without_data(document, state, unknown=unknown)
        except ConfigError:
            raise error from None
    for note in notes:
        click.echo(f"made up, as there is no data: {note}", err=True)
    return graph
