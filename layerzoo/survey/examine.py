"""One config file: read, upgraded, wired, built, run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from layerzoo.errors import ConfigError, Fault, LayerzooError
from layerzoo.graph import Graph
from layerzoo.loader import Document, parse_either
from layerzoo.loader.files import read_source
from layerzoo.loader.load import is_label_map
from layerzoo.lr_policy import check_policy
from layerzoo.net import Net
from layerzoo.optimizer import check_rule
from layerzoo.schema import NetParameter, NetState, Phase, SolverParameter
from layerzoo.survey.inputs import draw
from layerzoo.survey.standin import states, wire_without_data


@dataclass(frozen=True)
class Limits:
    """What one file may take.

    Attributes:
        memory: bytes of params and of the activations held at once; a net that needs more with one sample
            is built on the meta device and not run.
        seconds: of time; then its process is ended.
        batch: batch size that nets are run with, where they can.
    """

    memory: int = 2 * 1024**3
    seconds: float = 120.0
    batch: int = 2


@dataclass
class Row:
    """What became of a file.

    Attributes:
        path: the file.
        kind: ``net``, ``solver``, ``label map`` (SSD's names of classes), or empty where it can't be told.
        parsed: it says something of the schema.
        upgraded: what was upgraded, in words.
        built: its nets were built, or the settings of a solver fit; None where it wasn't tried.
        ran: each net gave finite outputs; None where there is nothing to run, or it wasn't tried.
        why: why not, one line.
        faults: all of them, with their lines.
        unknown_types: layer types that Layerzoo doesn't have.
        notes: stand-ins, batch sizes and whatever else was done to run it.
        params: number of learnable params.
        seconds: it took.
    """

    path: str
    kind: str = ""
    parsed: bool = False
    upgraded: str = ""
    built: bool | None = None
    ran: bool | None = None
    why: str = ""
    faults: list[str] = field(default_factory=list)
    unknown_types: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    params: int = 0
    seconds: float = 0.0


def examine(path: Path, limits: Limits = Limits(), *, lenient: bool = False) -> Row:
    """Read, upgrade, build and run what a file says; never raises for what is wrong with the file.

    Args:
        path: the file.
        limits: what it may take.
        lenient: leave out unknown fields and layers of unknown type.
    """
    row, start = Row(str(path)), time.perf_counter()
    try:
        _examine(row, path, limits, lenient)
    except ConfigError as error:
        _blame(row, error.faults)
        row.built = False if row.parsed else None
    except MemoryError:
        row.why = "out of memory"
    except Exception as error:
        row.why = row.why or f"{type(error).__name__}: {error}".partition("\n")[0]
        row.faults.append(str(error))
        if not isinstance(error, LayerzooError):
            row.faults.append("a bug of Layerzoo's, or of a layer of the user's own")
        if row.built is None:
            row.built = False
        else:
            row.ran = False
    row.seconds = round(time.perf_counter() - start, 3)
    return row


def _examine(row: Row, path: Path, limits: Limits, lenient: bool) -> None:
    found: list[Fault] = []
    source = read_source(path)
    if is_label_map(source):
        row.kind, row.parsed = "label map", True
        return
    document = parse_either(source, path=path, lenient=lenient, faults=found)
    row.kind = "solver" if isinstance(document.message, SolverParameter) else "net"
    row.upgraded = "; ".join(document.notes)
    row.notes += [f"left out: {fault.message}" for fault in document.warnings]
    if found:
        row.unknown_types = _unknown_types(document)
        _blame(row, found)
        return
    row.parsed = True
    nets: list[Any] = [document]
    if isinstance(document.message, SolverParameter):
        faults = [*check_policy(document.message), *check_rule(document.message)]
        _blame(row, faults)
        row.built = not faults
        nets = [net for several in document.nets.values() for net in several]
    for net in nets:
        for state in states(net.message):
            _build_and_run(row, net, state, limits, lenient)


def _build_and_run(
    row: Row, net: Document[NetParameter], state: NetState, limits: Limits, lenient: bool
) -> None:
    label = "" if state.phase else "TRAIN: "
    row.unknown_types = row.unknown_types or _unknown_types(net)
    graph, notes = _wire(net, state, limits, lenient)
    row.notes += [label + note for note in notes if label + note not in row.notes]
    row.notes += [f"left out: layer '{name}': {why}" for name, why in graph.skipped]
    row.notes += [w.message for w in graph.unread if w.message not in row.notes]
    row.params = max(row.params, sum(param.count for param in graph.params))
    if any(blob.shape is None for blob in graph.blobs):
        row.notes.append(f"{label}not built: the shapes of its inputs are unknown")
        return
    needed = memory(graph)
    if needed > limits.memory:
        Net(graph, device="meta")
        row.built = row.built is not False
        row.notes.append(f"{label}built on the meta device, not run: it needs {needed / 1024**3:.1f} GB")
        return
    built = Net(graph)
    row.built = row.built is not False
    settle(built)
    trouble = _run(built)
    row.ran = row.ran is not False and not trouble
    if trouble:
        row.why = row.why or f"{Phase.Name(state.phase)}: {trouble}"


def _wire(
    net: Document[NetParameter], state: NetState, limits: Limits, lenient: bool
) -> tuple[Graph, list[str]]:
    """The graph with stand-ins of the first shape that fits, with few samples if it can be.

    Raises:
        ConfigError: nothing fits; the faults are those of the likeliest guess.
    """
    found: tuple[Graph, list[str]] | None = None
    first: ConfigError | None = None
    for batch in (limits.batch, 1, None):
        if found is not None and (batch is None or memory(found[0]) <= limits.memory):
            break
        try:
            found = wire_without_data(net, state, batch, unknown="stub" if lenient else "error")
        except ConfigError as error:
            first = first or error
    if found is None:
        assert first is not None
        raise first
    graph, notes = found
    return graph, ([f"stage {state.stage[0]}", *notes] if state.stage else notes)


@torch.no_grad()
def settle(net: Net) -> None:
    """Give an untrained net params that trained ones look like, where its config says nothing.

    Statistics of an untrained BatchNorm are 0, and its outputs hundreds; a net made for deployment names no
    fillers, and its weights are 0.
    """
    generator = torch.Generator().manual_seed(0)
    for layer in net.ordered_layers():
        for own, param in zip(layer.own_params, layer.blobs, strict=True):
            blob = param.data
            if own.made:
                continue
            if not own.learns:
                blob.fill_(own.name != "mean")
            elif blob.dim() > 1 and not blob.any():
                blob.normal_(0, (2 / max(1, blob[0].numel())) ** 0.5, generator=generator)


@torch.no_grad()
def _run(net: Net) -> str:
    """One forward pass; what is wrong with its outputs, or nothing."""
    plan = net.outputs_only
    values = net.run(net.fetch() | draw(net.graph), plan)
    kept = {blob.index for blob in net.graph.outputs} | {index for index, _ in net.graph.losses}
    for index in sorted(kept):
        blob, value = net.graph.blobs[index], values[index]
        if value is None:
            return f"'{blob.name}' was not made"
        if tuple(value.shape) != blob.shape:
            return f"'{blob.name}' is {tuple(value.shape)}, wired as {blob.shape}"
        if not bool(torch.isfinite(value).all()):
            return f"'{blob.name}' is not finite"
    return ""


def memory(graph: Graph) -> int:
    """Bytes of params, and of the activations that a forward pass holds at once."""
    live = peak = 0
    for layer in graph.layers:
        live += sum(graph.blobs[top].count for top in layer.tops)
        peak = max(peak, live)
        ends = {b for b in layer.bottoms if graph.blobs[b].consumers[-1][0] == layer.index}
        live -= sum(graph.blobs[b].count for b in ends)
    return 4 * (peak + sum(param.count for param in graph.params))


def _unknown_types(document: Document[Any]) -> list[str]:
    from layerzoo.layer import LAYERS

    message = document.message
    nets = [net.message for several in document.nets.values() for net in several] or [message]
    types = {layer.type for net in nets for layer in getattr(net, "layer", ()) if layer.type}
    return sorted(kind for kind in types if kind not in LAYERS)


def _blame(row: Row, faults: list[Fault]) -> None:
    if not faults:
        return
    first = faults[0]
    line = f"{first.origin.source.position(first.origin.offset).line}: " if first.origin else ""
    row.why = row.why or f"{line}{first.message}" + (f"; {first.hint}" if first.hint else "")
    row.faults += [text for fault in faults if (text := str(fault)) not in row.faults]
