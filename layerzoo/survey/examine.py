"""Examine one config file: parse, upgrade, wire, build and run it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch

from layerzoo.errors import ConfigError, Fault, LayerzooError
from layerzoo.graph import Graph, Unknown
from layerzoo.layer import LAYERS, kind_of
from layerzoo.loader import Document, parse_either
from layerzoo.loader.files import read_source
from layerzoo.loader.read_tree import is_label_map
from layerzoo.lr_policy import check_policy
from layerzoo.net import Net
from layerzoo.optimizer import check_rule
from layerzoo.schema import NetParameter, NetState, Phase, SolverParameter
from layerzoo.survey.effort import Reduction, reduced
from layerzoo.survey.inputs import draw
from layerzoo.survey.standin import states, wire_without_data

_NOT_FINITE = "is not finite"
_SMALL = 1e-3
"""Deviation of inputs with which an untrained net's exponentials (sizes of boxes) don't overflow."""


@dataclass(frozen=True)
class Limits:
    """Limits for examining one file.

    Attributes:
        memory: bytes of params and of activations live at once; a net that needs more with one sample is
            built on the meta device and not run.
        seconds: limit of CPU time, after which its process is terminated.
        batch: batch size to run nets with, if possible.
        work: multiply-adds of a forward pass; a net that needs more is run on smaller inputs, if they fit.
    """

    memory: int = 2 * 1024**3
    seconds: float = 120.0
    batch: int = 2
    work: int = 40 * 10**9


@dataclass
class Row:
    """The result for one file.

    Attributes:
        path: path of the file.
        kind: ``net``, ``solver``, ``label map`` (SSD's names of classes), or empty if unknown.
        parsed: whether it parsed.
        upgraded: descriptions of the upgrades.
        built: whether its nets were built, or a solver's settings are valid; None if not tried.
        ran: whether each net gave finite outputs; None if there was nothing to run or it was not tried.
        why: reason of the first failure, one line.
        faults: all faults, with their positions.
        unknown_types: layer types that are not registered.
        notes: replaced layers, batch sizes and other changes made to run it.
        params: number of learnable params.
        seconds: duration of the examination.
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
    """Parse, upgrade, build and run a config file; faults of the file are reported, not raised.

    Args:
        path: path of the file.
        limits: limits for the examination.
        lenient: ignore unknown fields and stub layers of unknown types.
    """
    row, start = Row(str(path)), time.perf_counter()
    try:
        _examine(row, path, limits, lenient)
    except ConfigError as error:
        _add_faults(row, error.faults)
        row.built = False if row.parsed else None
    except MemoryError:
        row.why = "out of memory"
    except Exception as error:
        row.why = row.why or f"{type(error).__name__}: {error}".partition("\n")[0]
        row.faults.append(str(error))
        if not isinstance(error, LayerzooError):
            row.faults.append("a bug in Layerzoo or in a user's layer")
        if row.built is None:
            row.built = False
        else:
            row.ran = False
    row.seconds = round(time.perf_counter() - start, 3)
    return row


def _examine(row: Row, path: Path, limits: Limits, lenient: bool) -> None:
    faults: list[Fault] = []
    source = read_source(path)
    if is_label_map(source):
        row.kind, row.parsed = "label map", True
        return
    document = parse_either(source, path=path, lenient=lenient, faults=faults)
    row.kind = "solver" if isinstance(document.message, SolverParameter) else "net"
    row.upgraded = "; ".join(document.notes)
    row.notes += [f"left out: {fault.message}" for fault in document.warnings]
    if faults:
        row.unknown_types = _unknown_types(document)
        _add_faults(row, faults)
        return
    row.parsed = True
    nets: list[Any] = [document]
    if isinstance(document.message, SolverParameter):
        faults = [*check_policy(document.message), *check_rule(document.message)]
        _add_faults(row, faults)
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
    graph, notes = wire(net, state, limits, lenient)
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
    smaller = reduced(graph, limits.work, partial(_smaller, net, state, lenient))
    if smaller:
        Net(graph, device="meta")
        graph, note = smaller
        row.notes.append(label + note)
    built = Net(graph)
    row.built = row.built is not False
    settle(built)
    failure = _run(built)
    if failure.endswith(_NOT_FINITE) and not _run(built, _SMALL):
        row.notes.append(f"{label}{failure} unless the inputs are small, of deviation {_SMALL:g}")
        failure = ""
    row.ran = row.ran is not False and not failure
    if failure:
        row.why = row.why or f"{Phase.Name(state.phase)}: {failure}"


def wire(
    net: Document[NetParameter], state: NetState, limits: Limits, lenient: bool
) -> tuple[Graph, list[str]]:
    """Build the graph with inputs of the first shape that fits, with as small a batch as possible.

    Raises:
        ConfigError: no shape fits; the faults are those of the likeliest guess.
    """
    wired: tuple[Graph, list[str]] | None = None
    first: ConfigError | None = None
    for batch in (limits.batch, 1, None):
        if wired is not None and (batch is None or memory(wired[0]) <= limits.memory):
            break
        try:
            wired = wire_without_data(net, state, batch, unknown="stub" if lenient else "error")
        except ConfigError as error:
            wired = wired or _without_ends(net, state, batch)
            first = first or error
    if wired is None:
        assert first is not None
        raise first
    graph, notes = wired
    return graph, ([f"stage {state.stage[0]}", *notes] if state.stage else notes)


def _smaller(net: Document[NetParameter], state: NetState, lenient: bool, reduction: Reduction) -> Graph:
    """Build the graph with one sample of smaller inputs.

    Raises:
        ConfigError: the inputs don't fit.
    """
    unknown: Unknown = "stub" if lenient else "error"
    try:
        return wire_without_data(net, state, 1, unknown=unknown, reduction=reduction)[0]
    except ConfigError:
        wired = _without_ends(net, state, 1, reduction)
        if wired is None:
            raise
        return wired[0]


def _without_ends(
    net: Document[NetParameter], state: NetState, batch: int | None, reduction: Reduction | None = None
) -> tuple[Graph, list[str]] | None:
    """Build the graph without layers whose code is missing, if no other layer reads their tops.

    They are mostly losses and scores of the user's own, and the net runs without them.
    """
    if _unknown_types(net):
        return None
    try:
        graph, notes = wire_without_data(net, state, batch, unknown="stub", reduction=reduction)
    except ConfigError:
        return None
    missing = {
        layer.name
        for layer in net.message.layer
        if (kind := kind_of(layer)) is not None and kind.missing(layer) is not None
    }
    left_out = {name for name, _ in graph.skipped}
    return (graph, notes) if left_out and left_out <= missing and graph.params else None


@torch.no_grad()
def settle(net: Net) -> None:
    """Give an untrained net plausible params if its config gives none.

    The statistics of an untrained BatchNorm are 0, which gives outputs in the hundreds; a deployment net has
    no fillers, so that its weights are 0. Weights of variance 1 / fan-in keep the sums of residual nets, and
    the exponentials of boxes behind them, in the range of floats.
    """
    generator = torch.Generator().manual_seed(0)
    for layer in net.ordered_layers():
        for own, param in zip(layer.own_params, layer.blobs, strict=True):
            blob = param.data
            if own.made:
                continue
            if not own.learns:
                blob.fill_(own.name.rpartition(".")[2] != "mean")
            elif blob.dim() > 1 and blob.numel() and not blob.any():
                blob.normal_(0, (1 / blob[0].numel()) ** 0.5, generator=generator)


@torch.no_grad()
def _run(net: Net, scale: float = 1.0) -> str:
    """Run one forward pass on inputs of a scale; returns what is wrong with its outputs, or an empty text."""
    plan = net.outputs_only
    values = net.run(net.fetch() | draw(net.graph, scale=scale), plan)
    by_value = any(LAYERS[layer.kind.type_name].shapes_by_value for layer in net.graph.layers)
    kept = {blob.index for blob in net.graph.outputs} | {index for index, _ in net.graph.losses}
    for index in sorted(kept):
        blob, value = net.graph.blobs[index], values[index]
        if value is None:
            return f"'{blob.name}' was not computed"
        if tuple(value.shape) != blob.shape and not (by_value and value.dim() == len(blob.shape or ())):
            return f"'{blob.name}' has shape {tuple(value.shape)}, expected {blob.shape}"
        if not bool(torch.isfinite(value).all()):
            return f"'{blob.name}' {_NOT_FINITE}"
    return ""


def memory(graph: Graph) -> int:
    """Bytes of params and of the activations that are live at once in a forward pass."""
    live = peak = 0
    for layer in graph.layers:
        live += sum(graph.blobs[top].count for top in layer.tops)
        peak = max(peak, live)
        ends = {b for b in layer.bottoms if graph.blobs[b].consumers[-1][0] == layer.index}
        live -= sum(graph.blobs[b].count for b in ends)
    return 4 * (peak + sum(param.count for param in graph.params))


def _unknown_types(document: Document[Any]) -> list[str]:
    message = document.message
    nets = [net.message for several in document.nets.values() for net in several] or [message]
    types = {layer.type for net in nets for layer in getattr(net, "layer", ()) if layer.type}
    return sorted(kind for kind in types if kind not in LAYERS)


def _add_faults(row: Row, faults: list[Fault]) -> None:
    if not faults:
        return
    first = faults[0]
    line = f"{first.origin.source.position(first.origin.offset).line}: " if first.origin else ""
    row.why = row.why or f"{line}{first.message}" + (f"; {first.hint}" if first.hint else "")
    row.faults += [text for fault in faults if (text := str(fault)) not in row.faults]
