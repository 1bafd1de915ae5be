"""``layerzoo time``: measure the time of each layer."""

from __future__ import annotations

from layerzoo.cli import flags, gflags


@gflags.command("Nets")
@flags.model
@flags.phase
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
@flags.gpu
@flags.threads
@flags.iterations(50)
def command(
    model: str | None,
    phase: str | None,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    gpu: flags.Gpus,
    iterations: int,
) -> None:
    """Measure the time of a net's forward and backward passes, layer by layer."""
    from layerzoo.cli.nets import announce, default_device, prepare_cpu, required
    from layerzoo.engine.timing import time_net
    from layerzoo.loader import load_net
    from layerzoo.memory.needs import check_memory, training_needs
    from layerzoo.net import Net, graph_of, log_unread
    from layerzoo.schema import NetState

    document = load_net(required("model", model), overrides)
    state = NetState(phase=(phase or "TRAIN").upper(), level=level, stage=stage)
    device = default_device(gpu)
    announce(device)
    graph = graph_of(document, state)
    log_unread(graph)
    check_memory(training_needs(graph), device)
    if device.type == "cpu":
        prepare_cpu(graph)
    time_net(Net(graph).to(device), iterations)
