"""An iteration on many GPUs and machines, for ``layerzoo time``: its flags, and its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from layerzoo.cli import gflags
from layerzoo.errors import UsageError

if TYPE_CHECKING:
    from layerzoo.graph import Graph
    from layerzoo.scaling import Cluster, LayerCost, Prediction, Training

_FLAGS = (
    gflags.flag(
        "gpus",
        metavar="N",
        type=click.IntRange(1, 1024),
        help="Predict an iteration on N GPUs (of each machine, with -machines), one process on each.",
    ),
    gflags.flag(
        "link",
        metavar="RATE",
        help="With -gpus: what a GPU sends to the others of its machine, e.g. 300GB/s.",
    ),
    gflags.flag(
        "latency",
        metavar="TIME",
        default="5us",
        show_default=True,
        help="Time of a step of an all-reduce inside a machine.",
    ),
    gflags.flag(
        "machines", metavar="N", type=click.IntRange(1, 100_000), help="Predict N machines with -gpus each."
    ),
    gflags.flag(
        "network",
        metavar="RATE",
        help="With -machines: what a machine sends to the others, e.g. 100Gb/s (bits) or 50GB/s (bytes).",
    ),
    gflags.flag(
        "network_latency",
        metavar="TIME",
        default="15us",
        show_default=True,
        help="Time of a step of an all-reduce between machines.",
    ),
    gflags.flag(
        "gpu_rate",
        metavar="RATE",
        help="Measure nothing: estimate layers by the rate that a GPU reaches in products, e.g. 200TFLOP/s.",
    ),
    gflags.flag(
        "gpu_memory_rate",
        metavar="RATE",
        help="With -gpu_rate: what a GPU's memory reads and writes, e.g. 2TB/s; default: in no time.",
    ),
)

_COLUMNS = (
    *("machines", "gpus", "iteration_ms", "samples_per_second", "speedup", "efficiency"),
    *("all_reduce_ms", "waiting_ms", "bottleneck"),
)


class Request(NamedTuple):
    """What a prediction is asked for.

    Attributes:
        cluster: the largest cluster.
        matrix, memory: a GPU's rates; None for those that are measured here, or for no time.
        training: what a solver says of an iteration; None without one.
        shared: the batch is that of the largest cluster, of which each GPU has its share.
    """

    cluster: Cluster
    matrix: float | None
    memory: float | None
    training: Training | None = None
    shared: bool = False

    def clusters(self) -> Iterator[Cluster]:
        """GPUs of one machine, then machines: by powers of two up to the largest cluster.

        With a shared batch only that one: the GPUs of a smaller one would have larger batches.
        """
        from dataclasses import replace

        whole = self.cluster
        if self.shared:
            yield whole
            return
        for gpus in _powers(whole.gpus):
            yield replace(whole, gpus=gpus, machines=1)
        for machines in _powers(whole.machines)[1:]:
            yield replace(whole, machines=machines)


def scaled(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of a prediction, as ``request``: None if none is asked for; a decorator."""
    names = ["gpus", "link", "latency", "machines", "network", "network_latency", "gpu_rate"]
    names.append("gpu_memory_rate")

    @wraps(command)
    def run(**kwargs: Any) -> Any:
        return command(request=requested(**{name: kwargs.pop(name) for name in names}), **kwargs)

    for each in reversed(_FLAGS):
        run = each(run)
    return run


def requested(
    gpus: int | None,
    link: str | None,
    latency: str,
    machines: int | None,
    network: str | None,
    network_latency: str,
    gpu_rate: str | None,
    gpu_memory_rate: str | None,
) -> Request | None:
    """What the flags ask for; None for no prediction.

    Raises:
        UsageError: a quantity can't be read, or a flag is missing or has no effect.
    """
    from layerzoo.scaling import Cluster, Link
    from layerzoo.scaling.quantities import byte_rate, operation_rate, seconds

    steps = seconds(latency, "latency"), seconds(network_latency, "network_latency")
    inside = None if link is None else Link(steps[0], byte_rate(link, "link"))
    between = None if network is None else Link(steps[1], byte_rate(network, "network"))
    matrix = None if gpu_rate is None else operation_rate(gpu_rate, "gpu_rate")
    memory = None if gpu_memory_rate is None else byte_rate(gpu_memory_rate, "gpu_memory_rate")
    if (gpus or 1) > 1 and inside is None:
        raise UsageError(
            f"-gpus {gpus}: the link between them is not known; add -link RATE, e.g. -link 300GB/s"
        )
    if (machines or 1) > 1 and between is None:
        hint = "add -network RATE, e.g. -network 100Gb/s"
        raise UsageError(f"-machines {machines}: the network between them is not known; {hint}")
    if inside and gpus is None:
        raise UsageError("-link has no effect without -gpus: add -gpus N, the GPUs of a machine")
    if between and machines is None:
        raise UsageError("-network has no effect without -machines: add -machines N")
    if memory and not matrix:
        raise UsageError("-gpu_memory_rate has no effect without -gpu_rate: add -gpu_rate RATE")
    if gpus is None and machines is None:
        if matrix:
            raise UsageError("-gpu_rate has no effect without -gpus or -machines: add -gpus N")
        return None
    return Request(Cluster(gpus or 1, machines or 1, inside, between), matrix, memory)


def estimated(graph: Graph, request: Request) -> tuple[list[LayerCost], float]:
    """The costs of the layers, and of the update, by the rates that were given."""
    from layerzoo.scaling.costs import estimated_costs, update_time

    costs = estimated_costs(graph, request.matrix or 0.0, request.memory)
    return costs, update_time(graph, request.memory, request.training)


def print_predictions(
    graph: Graph, costs: Sequence[LayerCost], update: float, request: Request, form: str
) -> None:
    """Predict each cluster up to the largest one, and print them.

    Args:
        graph: the net's graph.
        costs: of its layers.
        update: seconds of the update.
        request: what is asked for.
        form: ``table``, ``csv`` or ``json``.
    """
    from layerzoo.memory.needs import training_needs
    from layerzoo.scaling import predict

    batch_size = training_needs(graph).batch_size
    found = [
        predict(costs, cluster, batch_size, update, training=request.training)
        for cluster in request.clusters()
    ]
    if form == "table":
        _print_table(costs, found, request)
    else:
        print_rows(_COLUMNS, map(_row, found), form)


def print_rows(columns: Sequence[str], rows: Iterator[tuple[Any, ...]], form: str) -> None:
    """Print rows as ``csv`` with a header, or as ``json``, an object a line."""
    import csv
    import io
    import json

    if form == "json":
        for row in rows:
            click.echo(json.dumps(dict(zip(columns, row, strict=True))))
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    click.echo(text.getvalue(), nl=False)


def _row(found: Prediction) -> tuple[Any, ...]:
    times = found.seconds, found.all_reduce.seconds, found.waiting
    iteration, all_reduce, waiting = (round(each * 1000, 6) for each in times)
    samples = round(found.samples_a_second, 3) if found.seconds else None
    shares = round(found.speedup, 4), round(found.efficiency, 6)
    return (
        *(found.cluster.machines, found.cluster.count, iteration, samples),
        *(*shares, all_reduce, waiting, found.bottleneck),
    )


def _print_table(costs: Sequence[LayerCost], found: Sequence[Prediction], request: Request) -> None:
    from rich import box
    from rich.table import Table

    from layerzoo.cli.terminal import console

    last, size = found[-1], sum(sum(cost.gradients) for cost in costs)
    said = request.training
    passes, every = (1, 0) if said is None else (said.passes, said.every)
    batch = f"batch size {last.batch_size // passes}" + (f" x {passes} passes" if passes > 1 else "")
    what = f"{size / 1e6:,.1f} MB of gradients in {last.buckets} bucket{'s' * (last.buckets != 1)}"
    if every:
        what = f"{size / 1e6:,.1f} MB of weights, averaged after {every} iterations"
    elif said is not None and said.share != 1:
        what += f", sent as {size * said.share / 1e6:,.1f} MB"
    how = "measured here" if request.matrix is None else f"estimated at {request.matrix / 1e12:g} TFLOP/s"
    click.echo(
        f"predicted: {batch} on each GPU, computation {last.computation * 1000:,.3f} ms ({how}), {what}"
    )
    for name, link in (("link", request.cluster.link), ("network", request.cluster.network)):
        if link is not None:
            click.echo(f"{name}: {link.bandwidth / 1e9:g} GB/s, {link.latency * 1e6:g} us a step")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("machines", "GPUs", "iteration\nms", "samples\na second", "speedup", "efficiency"):
        table.add_column(title, justify="right", no_wrap=True)
    for title in ("all-reduce\nms", "waiting\nms"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("bottleneck", no_wrap=True)
    for each in found:
        samples = f"{each.samples_a_second:,.0f}" if each.seconds else ""
        table.add_row(
            *(str(each.cluster.machines), str(each.cluster.count), f"{each.seconds * 1000:,.3f}", samples),
            *(f"{each.speedup:,.2f}", f"{each.efficiency:.1%}", f"{each.all_reduce.seconds * 1000:,.3f}"),
            *(f"{each.waiting * 1000:,.3f}", each.bottleneck),
        )
    out = console()
    out.width = max(out.width, 70) if out.is_terminal else 140
    out.print(table)


def _powers(largest: int) -> list[int]:
    """1, 2, 4 … and the largest itself."""
    powers = [1 << place for place in range(largest.bit_length())]
    return powers if powers[-1] == largest else [*powers, largest]
