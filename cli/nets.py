"""Functions shared by commands that load nets: required flags, devices, wiring."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from layerzoo.errors import UsageError

if TYPE_CHECKING:
    import torch

    from layerzoo.cli.flags import Gpus
    from layerzoo.graph import Graph, Unknown
    from layerzoo.loader import Document
    from layerzoo.ranks import Ranks
    from layerzoo.schema import NetParameter, NetState, SolverParameter

T = TypeVar("T")


def required(flag: str, value: T | None) -> T:
    """Return the value of a flag.

    Raises:
        UsageError: the flag was not given.
    """
    if not value:
        raise UsageError(f"-{flag} is required")
    return value


def device_of(gpu: Gpus, ranks: Ranks | None = None) -> torch.device | None:
    """The device that ``-gpu`` names; None if it was not given.

    Args:
        gpu: the value of the flag; of several GPUs, each process of a machine has its own.
        ranks: the processes that train together.

    Raises:
        UsageError: torch detects no such GPU, or there are fewer than processes.
    """
    import torch

    if gpu is None:
        return None
    if not gpu:
        return torch.device("cpu")
    place = 0 if ranks is None else ranks.local_rank
    if gpu != "all" and place >= len(gpu):
        raise UsageError(
            f"-gpu {','.join(map(str, gpu))} for {place + 1} or more processes on this machine: each process "
            "needs a GPU of its own"
        )
    index = place if gpu == "all" else int(gpu[place])
    if index >= torch.cuda.device_count():
        raise UsageError(
            f"-gpu {index}: torch detects {torch.cuda.device_count() or 'no'} GPUs; use -gpu none for the CPU"
        )
    return torch.device("cuda", index)


def default_device(gpu: Gpus) -> torch.device:
    """The device that ``-gpu`` names; default: the CPU, as in Caffe's commands without a solver.

    Products on a GPU are FP32 then, as Caffe's are.
    """
    import torch

    from layerzoo.engine.precision.layer_precision import allow_tf32

    device = device_of(gpu) or torch.device("cpu")
    if device.type == "cuda":
        allow_tf32(False)
    return device


def check_publish(name: str) -> None:
    """Check the name under which a trained net will be published; empty: none.

    Raises:
        UsageError: the name is not valid.
    """
    from layerzoo.errors import ZooError
    from layerzoo.zoo.manifest import check_name

    try:
        if name:
            check_name(name)
    except ZooError as error:
        raise UsageError(f"publish: {error}") from error


def prepare_cpu(graph: Graph, param: SolverParameter | None = None, resumed: Path | None = None) -> None:
    """Set the number of CPU threads of a net, and let the heap keep what a pass has freed for the next one.

    Args:
        graph: the net, which runs on the CPU.
        param: the solver's config, if there is one.
        resumed: the snapshot from which the run continues.

    Raises:
        UsageError: LAYERZOO_THREADS is not a number of threads.
    """
    from layerzoo.heap import keep_freed_memory
    from layerzoo.solver.thread_count import choose_threads

    keep_freed_memory()
    choose_threads(graph, param, resumed)


def announce(device: torch.device) -> None:
    """Log the device of a net, in Caffe's line."""
    where = "CPU" if device.type == "cpu" else f"GPU with device ID {device.index}"
    logging.getLogger("layerzoo").info("Use %s.", where)


def wired(document: Document[NetParameter], state: NetState, unknown: Unknown = "error") -> Graph:
    """The graph of a net that is shown, not run.

    Data layers whose source is missing are replaced by inputs, with a note on stderr.

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
        click.echo(f"no data found; assumed: {note}", err=True)
    return graph
