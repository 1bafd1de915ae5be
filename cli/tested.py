"""The net that a command evaluates: a zoo entry, or a config with weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerzoo.cli.flags import Gpus
    from layerzoo.net import Net


def tested_net(
    zoo: str | None,
    model: str | None,
    weights: Sequence[str],
    lenient: bool,
    overrides: Sequence[str],
    gpu: Gpus,
    run: str | None,
) -> tuple[Net, list[str]]:
    """Load a net in the TEST phase, with the names of its classes; empty if they are unknown.

    The test net of a run or an entry with several is the last, which its results are of.

    Raises:
        UsageError: not exactly one of ``-zoo``, ``-run`` and ``-model`` was given.
        ZooError, ConfigError, WeightsError: the net can't be loaded.
    """
    from layerzoo.cli.deployed import check_one_net
    from layerzoo.cli.nets import default_device, prepare_cpu
    from layerzoo.data.described_sets import class_names
    from layerzoo.loader import load_net
    from layerzoo.memory.needs import check_memory as fits
    from layerzoo.memory.needs import run_needs
    from layerzoo.net import Net, graph_of, log_unread, trust_versions
    from layerzoo.runs.locate import run_folder
    from layerzoo.zoo import SOLVER, WEIGHTS, LocalZoo, check_memory, entry_net, labels_of
    from layerzoo.zoo.unpublished import of_config, of_run, scoring_state

    check_one_net(zoo, run, model, weights)
    if zoo:
        entry = LocalZoo().get(zoo)
        document, labels = entry_net(entry, overrides=overrides), labels_of(entry)
        files: list[str | Path] = [entry.file(WEIGHTS), *weights]
        state = scoring_state(entry.path / SOLVER)
    else:
        found = of_run(run_folder(run)) if run else of_config(model or "", weights)
        document = load_net(found.net, overrides)
        files, labels, state = list(found.weights), list(found.labels), found.state
    graph = graph_of(document, state)
    labels = labels or class_names(graph)
    log_unread(graph)
    if zoo:
        check_memory(graph, f"zoo entry {zoo}")
    device = default_device(gpu)
    fits(run_needs(graph), device)
    net = Net(graph, weights=files, lenient=lenient, device=device)
    trust_versions(net)
    if device.type == "cpu":
        prepare_cpu(graph)
    return net, labels
