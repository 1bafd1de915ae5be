"""``layerzoo time``: measure the time of each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags
from layerzoo.cli.scaled import estimated, print_predictions, print_rows, scaled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerzoo.cli.scaled import Request
    from layerzoo.engine.rates import Rates, Work
    from layerzoo.engine.timing import LayerTime
    from layerzoo.graph import Graph
    from layerzoo.schema import SolverParameter


@gflags.command("Nets")
@flags.model
@gflags.flag(
    "solver",
    metavar="FILE",
    help="In place of -model: the net that this solver trains, with its batch, passes, precision and device.",
)
@flags.phase
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
@flags.gpu
@flags.threads
@flags.iterations(50)
@flags.form
@scaled
def command(
    model: str | None,
    solver: str | None,
    phase: str | None,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    gpu: flags.Gpus,
    iterations: int,
    form: str,
    request: Request | None,
) -> None:
    """Measure the time of a net's forward and backward passes, layer by layer.

    \b
      layerzoo time -model configs/resnet50_train_val.yaml -gpu 0
      layerzoo time -model net.yaml -gpu 0 -gpus 8 -link 300GB/s -machines 64 -network 400Gb/s
      layerzoo time -model net.yaml -gpu_rate 200TFLOP/s -gpu_memory_rate 2TB/s -gpus 8 -link 300GB/s
      layerzoo time -solver configs/lenet_solver.yaml -gpus 8 -link 300GB/s

    After Caffe's lines, which go to stderr, a table on stdout compares each layer with the matrix rate (of a
    large matrix product in FP32) and the memory rate (of a copy in memory), both measured first with the
    net's device and threads. The share of the matrix rate counts two operations for each multiply-add, those
    of a backward pass for the params and for the bottoms. The share of the memory rate counts bottoms, tops
    and params once, their gradients in a backward pass; it exceeds 100% where they stay in the processor's
    cache.

    With -gpus or -machines an iteration of so many processes is predicted, each on a device as fast as the
    one measured here, or as -gpu_rate says: samples a second, efficiency (the share of the time that a
    process computes), and what it waits for. Gradients are averaged in buckets while the backward pass goes
    on, by a ring or a tree, whichever is faster. A link's rate is that of one direction; give the one that an
    all-reduce reaches. Left out are data that comes too late, what an all-reduce takes from computation, and
    with -gpu_rate the launches of kernels, which small nets spend most of their time on.

    With -solver the net is the one that it trains, in its precision. A predicted iteration has its iter_size
    passes, update rule, bucket_mb, compression and average_every; of its global_batch_size each GPU has its
    share, for the number of GPUs that is asked for.
    """
    from layerzoo.cli.nets import announce, default_device, device_of, prepare_cpu, required, wired
    from layerzoo.engine.precision.layer_precision import apply_precision, params_type, switch_tf32
    from layerzoo.engine.rates import measure_rates
    from layerzoo.engine.timing import time_net
    from layerzoo.errors import UsageError
    from layerzoo.loader import load_net
    from layerzoo.memory.needs import check_memory, training_needs
    from layerzoo.net import Net, graph_of, log_unread
    from layerzoo.scaling.costs import measured_costs, update_time
    from layerzoo.schema import NetState
    from layerzoo.solver.config.device import choose_device

    if model and solver:
        raise UsageError("-model and -solver: give one of them; a solver names its net")
    is_estimated = request is not None and request.matrix is not None
    param = None
    if solver:
        if phase and phase.upper() != "TRAIN":
            raise UsageError(f"-phase {phase}: a solver trains; -model times a net in another phase")
        graph, param, request = _trained(solver, overrides, level, stage, request)
    else:
        document = load_net(required("model or -solver", model), overrides)
        state = NetState(phase=(phase or "TRAIN").upper(), level=level, stage=stage)
        graph = wired(document, state) if is_estimated else graph_of(document, state)
    if request is not None and is_estimated:
        print_predictions(graph, *estimated(graph, request), request, form)
        return
    device = default_device(gpu) if param is None else device_of(gpu) or choose_device(param, quiet=True)
    announce(device)
    log_unread(graph)
    check_memory(training_needs(graph), device)
    if device.type == "cpu":
        prepare_cpu(graph, param)
    rates = measure_rates(device)
    if form == "table":
        click.echo(_rates_line(rates, device.type))
    net = Net(graph).to(device)
    if param is not None:
        net = net.to(params_type(param, device))
        apply_precision(net, param)
        switch_tf32(param, device)
    times = time_net(net, iterations)
    if form == "table":
        _print_table(graph, times, rates)
    elif request is None:
        rows = ((each.layer.name, each.forward * 1000, each.backward * 1000) for each in times)
        print_rows(("layer", "forward_ms", "backward_ms"), rows, form)
    if request is not None:
        update = update_time(graph, rates.memory, request.training)
        print_predictions(graph, measured_costs(graph, times), update, request, form)


def _trained(
    path: str, overrides: Sequence[str], level: int, stages: Sequence[str], request: Request | None
) -> tuple[Graph, SolverParameter, Request | None]:
    """The net that a solver trains, the solver, and the request with what the solver says.

    Raises:
        ConfigError: the solver or one of its nets has faults.
    """
    from layerzoo.errors import Fault
    from layerzoo.loader import load_solver
    from layerzoo.scaling import left_out, training_of
    from layerzoo.solver import check_solver

    faults: list[Fault] = []
    loaded = load_solver(path, overrides, faults=faults)
    param, processes = loaded.message, 1 if request is None else request.cluster.count
    checked = check_solver(loaded, level, stages, faults, processes=processes)
    if request is not None:
        shared = bool(param.distributed_param.global_batch_size)
        request = request._replace(training=training_of(param), shared=shared)
        for what in left_out(param.distributed_param):
            click.echo(f"note: the prediction leaves out {what}", err=True)
    return checked.train, param, request


def _rates_line(rates: Rates, kind: str) -> str:
    import torch

    count = torch.get_num_threads()
    where = f"CPU, {count} thread{'s' * (count > 1)}" if kind == "cpu" else "GPU"
    return (
        f"{where}: matrix rate {rates.matrix / 1e9:,.1f} GFLOP/s (FP32), "
        f"memory rate {rates.memory / 1e9:,.1f} GB/s"
    )


def _print_table(graph: Graph, times: Sequence[LayerTime], rates: Rates) -> None:
    from rich import box
    from rich.table import Table

    from layerzoo.cli.terminal import console
    from layerzoo.engine.rates import Work, backward_work, forward_work

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("layer", overflow="fold")
    for way in ("forward", "backward"):
        for title in (f"{way}\nms", "matrix\nrate", "memory\nrate"):
            table.add_column(title, justify="right", no_wrap=True)
    whole = [Work(0, 0), Work(0, 0)]
    for each in times:
        works = forward_work(graph, each.layer), backward_work(graph, each.layer)
        whole = [Work(a[0] + b[0], a[1] + b[1]) for a, b in zip(whole, works, strict=True)]
        cells = _cells(each.forward, works[0], rates)
        cells += _cells(each.backward, works[1], rates) if each.layer.needs_backward else []
        table.add_row(each.layer.name, *cells)
    table.add_section()
    sums = sum(each.forward for each in times), sum(each.backward for each in times)
    table.add_row("all layers", *_cells(sums[0], whole[0], rates), *_cells(sums[1], whole[1], rates))
    out = console()
    out.width = max(out.width, 70) if out.is_terminal else 140
    out.print(table)


def _cells(seconds: float, work: Work, rates: Rates) -> list[str]:
    matrix = _percent(work.matrix_share(seconds, rates)) if work.operations and seconds else ""
    memory = _percent(work.memory_share(seconds, rates)) if work.bytes and seconds else ""
    return [f"{seconds * 1000:.3f}", matrix, memory]


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 10 else ">999%"
