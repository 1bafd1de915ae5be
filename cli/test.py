"""``layerzoo test``: score a net."""

from __future__ import annotations

import click

from layerzoo.cli import flags, gflags


@gflags.command("Training")
@flags.model
@flags.weights
@flags.strict
@flags.lenient
@flags.zoo
@flags.run
@flags.gpu
@flags.threads
@gflags.flag(
    "iterations",
    metavar="N",
    type=click.IntRange(min=0),
    default=None,
    help="Number of batches; 0 is the whole set. Default: 50, as in Caffe; with -zoo and -run the whole set.",
)
@gflags.flag(
    "ap_version",
    type=click.Choice(["Integral", "MaxIntegral", "11point"]),
    default=None,
    help="How the mean average precision of a net with DetectionEvaluate is computed: as Integral (SSD's), "
    "MaxIntegral (VOC 2012) or 11point (VOC 2007). Default: that of a zoo entry's solver, else Integral.",
)
@gflags.flag(
    "show_per_class_result",
    is_flag=True,
    help="Show the average precision, or intersection over union, of each class, too.",
)
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
def command(
    model: str | None,
    weights: tuple[str, ...],
    strict: bool,
    lenient: bool,
    zoo: str | None,
    run: str | None,
    gpu: flags.Gpus,
    iterations: int | None,
    ap_version: str | None,
    show_per_class_result: bool,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
) -> None:
    """Test a net: print its outputs for each batch, and their means.

    Detections that a layer DetectionEvaluate compares with annotated boxes give the mean average precision
    of all batches, and pixels that a layer MeanIOU counts the mean intersection over union.

    Of a run or an entry with several test nets, the last one is tested, which its results are of.
    """
    import logging

    import torch

    from layerzoo.cli.deployed import check_one_net
    from layerzoo.cli.nets import announce, default_device, prepare_cpu
    from layerzoo.engine import test_step
    from layerzoo.loader import load_net, load_solver
    from layerzoo.log import number
    from layerzoo.memory.needs import check_memory as fits
    from layerzoo.memory.needs import run_needs
    from layerzoo.net import Net, free_folded_params, graph_of, log_unread
    from layerzoo.runs.locate import run_folder
    from layerzoo.schema import TEST, NetState
    from layerzoo.solver import (
        Tester,
        detection_outputs,
        output_lines,
        output_values,
        output_weights,
        pixel_outputs,
    )
    from layerzoo.zoo import SOLVER, WEIGHTS, LocalZoo, check_memory, entry_net
    from layerzoo.zoo.unpublished import of_run, scoring_state

    state = NetState(phase=TEST, level=level, stage=stage)
    log = logging.getLogger("layerzoo")
    check_one_net(zoo, run, model, weights)
    if run:
        found = of_run(run_folder(run))
        document = load_net(found.net, overrides)
        weights = tuple(map(str, found.weights))
        iterations = iterations or 0
        if ap_version is None and (found.net.parent / SOLVER).is_file():
            ap_version = load_solver(found.net.parent / SOLVER).message.ap_version
        if not stage and not level:
            state = found.state
    elif zoo:
        entry = LocalZoo().get(zoo)
        document = entry_net(entry, overrides=overrides)
        weights = (str(entry.file(WEIGHTS)), *weights)
        iterations = iterations or 0
        if ap_version is None and SOLVER in entry:
            ap_version = load_solver(entry.file(SOLVER)).message.ap_version
        if not stage and not level:
            state = scoring_state(entry.path / SOLVER)
    else:
        document = load_net(model or "", overrides)
    iterations = 50 if iterations is None else iterations
    device = default_device(gpu)
    announce(device)
    graph = graph_of(document, state)
    log_unread(graph)
    if zoo:
        check_memory(graph, f"zoo entry {zoo}")
    fits(run_needs(graph), device)
    net = Net(graph, weights=weights, strict=strict, lenient=lenient).to(device)
    free_folded_params(net)
    if not weights and net.params:
        log.warning("no -weights given: testing params as initialised by the fillers")
    if device.type == "cpu":
        prepare_cpu(graph)
    tester = Tester(net, iterations or None, ap_version or "Integral")
    log.info("Running for %d iterations.", tester.iterations)
    named = output_weights(net)
    listing = detection_outputs(graph) | pixel_outputs(graph)

    def show(batch: int, outputs: list[torch.Tensor]) -> None:
        plain = zip(net.graph.outputs, outputs, strict=True)
        shown = [(blob, output) for blob, output in plain if blob.name not in listing]
        values_of = output_values([blob for blob, _ in shown], [output for _, output in shown])
        for name, values in values_of.items():
            for value in values:
                log.info("Batch %d, %s = %s", batch, name, number(value))

    scores = tester.run(test_step, show)
    log.info("Loss: %s", number(scores.loss))
    if show_per_class_result:
        for line in scores.class_lines():
            log.info("%s", line)
    for line in output_lines(scores.values, named):
        log.info("%s", line.partition(": ")[2])
