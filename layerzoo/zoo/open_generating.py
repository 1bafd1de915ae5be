"""Load the net that generates samples, with weights: of an entry, of a run, or of a config."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from layerzoo.errors import LayerzooError
from layerzoo.graph import Graph
from layerzoo.loader import load_net
from layerzoo.memory.needs import check_memory as fits
from layerzoo.memory.needs import run_needs
from layerzoo.net import Net, graph_of
from layerzoo.schema import TEST, NetState
from layerzoo.weights import open_weights
from layerzoo.zoo.entry import GENERATING, NET, WEIGHTS, Entry
from layerzoo.zoo.generating import generating_net
from layerzoo.zoo.preprocessing import Preprocessing, image_preprocessing
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.trust import check_memory, check_weights
from layerzoo.zoo.unpublished import Unpublished
from layerzoo.zoo.zoo_net import entry_net


@dataclass(frozen=True)
class GeneratingNet:
    """A net that generates samples.

    Attributes:
        net: the net; its passes give other samples, as functions of its seed and their number.
        blobs: names of the blobs that it generates.
        name: what messages call it.
        preprocessing: that of the images that trained it; None if it wasn't trained with images.
    """

    net: Net
    blobs: Sequence[str]
    name: str
    preprocessing: Preprocessing | None


def open_entry(
    address: str | Entry,
    *,
    blob: str = "",
    seed: int = 0,
    zoo: LocalZoo | None = None,
    device: str | torch.device = "cpu",
    overrides: Sequence[str] = (),
) -> GeneratingNet:
    """Load the net of an entry of the zoo that generates samples.

    Args:
        address: ``name``, ``name@version`` or ``name@hash``; or an entry.
        blob: the blob to generate; see `layerzoo.zoo.generating.generating_net`.
        seed: of the random numbers.
        zoo: zoo to search; None for the local zoo and the entries that come with Layerzoo.
        device: device of the net.
        overrides: ``-set`` arguments.

    Raises:
        ConfigError: the overrides have faults, or the net can't be built without its data.
        ZooError: the entry is missing or damaged, needs too much memory, or generates nothing.
    """
    entry = address if isinstance(address, Entry) else (zoo or LocalZoo()).get(address)
    where = f"zoo entry {entry.address}"
    if GENERATING in entry and not blob:
        message = entry_net(entry, GENERATING, overrides).message
    else:
        message = generating_net(entry_net(entry, NET, overrides), blob)
    graph = graph_of(message, NetState(phase=TEST))
    check_memory(graph, where)
    facts = entry.manifest.get("preprocessing", {})
    how = Preprocessing.parse(facts, entry.path) if facts else None
    if how and how.mean_file:
        entry.file(how.mean_file)
    net = _net(graph, [entry.file(WEIGHTS)], where, seed, device)
    return GeneratingNet(net, _generated(graph, blob), entry.address, how)


def open_unpublished(
    found: Unpublished,
    *,
    blob: str = "",
    seed: int = 0,
    device: str | torch.device = "cpu",
    overrides: Sequence[str] = (),
) -> GeneratingNet:
    """Load the net of a run or of a config that generates samples.

    Args:
        found: the net.
        blob, seed, device, overrides: see `open_entry`.

    Raises:
        ConfigError: the config has faults, or names data that are missing.
        OutOfMemoryError: it needs more memory than the device has.
        WeightsError: a file of weights can't be read, or doesn't fit.
        ZooError: the net generates nothing, or has params without weights.
    """
    document = load_net(found.net, overrides)
    graph = graph_of(generating_net(document, blob), NetState(phase=TEST))
    fits(run_needs(graph), torch.device(device))
    try:
        how = image_preprocessing(graph_of(document, NetState(phase=TEST)))
    except (LayerzooError, OSError):  # without its data a net can still generate
        how = None
    where = ", ".join(map(str, found.weights))
    net = _net(graph, found.weights, where, seed, device)
    return GeneratingNet(net, _generated(graph, blob), document.message.name or found.net.stem, how)


def _generated(graph: Graph, blob: str) -> list[str]:
    """The blob that was asked for, or the outputs but for those that are noise."""
    made = (output for output in graph.outputs if not graph.layers[output.producer].kind.is_data)
    return [blob] if blob else [output.name for output in made]


def _net(
    graph: Graph, weights: Iterable[str | Path], where: str, seed: int, device: str | torch.device
) -> Net:
    files = list(weights)
    if len(files) == 1:
        with open_weights(files[0]) as stored:
            check_weights(graph, stored, where)
    net = Net(graph, seed=seed)
    for path in files:
        net.load_weights(path, lenient=True)
    return net.to(device)
