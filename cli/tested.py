"""The net that a command evaluates: a zoo entry, or a config with weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layerzoo.errors import UsageError

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
) -> tuple[Net, list[str]]:
    """Load a net in the TEST phase, and the class names if it is a zoo entry.

    Raises:
        UsageError: neither ``-zoo`` nor ``-model`` was given, or both.
        ZooError, ConfigError, WeightsError: the net can't be loaded.
    """
    from layerzoo.cli.nets import default_device, prepare_cpu, required
    from layerzoo.loader import load_net
    from layerzoo.memory.needs import check_memory as fits
    from layerzoo.memory.needs import run_needs
    from layerzoo.net import Net, graph_of, log_unread, trust_versions
    from layerzoo.schema import TEST, NetState
    from layerzoo.zoo import WEIGHTS, LocalZoo, check_memory, entry_net, labels_of

    labels: list[str] = []
    files: list[str | Path] = list(weights)
    if zoo and model:
        raise UsageError("-model and -zoo exclude each other; give one")
    if zoo:
        entry = LocalZoo().get(zoo)
        document, labels = entry_net(entry, overrides=overrides), labels_of(entry)
        files.insert(0, entry.file(WEIGHTS))
    else:
        document = load_net(required("model or -zoo", model), overrides)
    graph = graph_of(document, NetState(phase=TEST))
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
