"""Answers that wire a net: its faults, layers, figures and picture. They need torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from layerzoo.drawing.blocks import folded
from layerzoo.drawing.diagram import Diagram, diagram_of
from layerzoo.drawing.scene import scene_of
from layerzoo.editor.diagnostics import Diagnostic, diagnostics
from layerzoo.editor.parsed import Parsed, parse
from layerzoo.errors import ConfigError, DataError, LayerzooError
from layerzoo.graph import Figures, Graph, GraphLayer, axes_of, figures_of
from layerzoo.layer import LAYERS
from layerzoo.loader import Document, emit, parse_net, parse_solver
from layerzoo.memory.needs import run_needs, training_needs
from layerzoo.net import graph_of
from layerzoo.projects.template import templates
from layerzoo.schema import NetParameter, NetState, Phase
from layerzoo.studio.checker.picture import picture
from layerzoo.studio.checker.ranges import ranges
from layerzoo.studio.checker.units import Units
from layerzoo.survey import states, wire_without_data

MOST_BOXES: Final = 4000
"""Layers of the largest net that is drawn."""
MOST_FAULTS: Final = 200
_WARM: Final = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 2 } }
"""


def load() -> None:
    """Load what answers need, before the first question."""
    check(_WARM, "net.prototxt")


def check(text: str, path: str, phase: str = "", fold: bool = True, draw: bool = True) -> dict[str, Any]:
    """The faults of a net or solver; and of its net layers, figures and pictures, as far as it can be wired.

    Args:
        text: the text.
        path: its file, which need not exist.
        phase: TRAIN or TEST; by default the first that the net is meant for.
        fold: blocks are one box each.
        draw: whether pictures are made.
    """
    config, units = parse(text, Path(path)), Units(text)
    found = diagnostics(config)
    answer: dict[str, Any] = {
        "kind": "solver" if config.is_solver else "net",
        "faults": [_fault(one, units, config) for one in found[:MOST_FAULTS]],
        "left_out": max(0, len(found) - MOST_FAULTS),
        "net": None,
    }
    try:
        document = _net(config)
        if document is not None and document.message.layer:
            answer["net"] = _described(config, document, units, phase, fold, draw)
    except LayerzooError as error:
        if not answer["faults"]:
            whole = Diagnostic(0, 0, str(error))
            answer["faults"] = [_fault(whole, units, config)]
    return answer


def choices() -> list[dict[str, Any]]:
    """The nets that ``layerzoo new`` can begin with."""
    return [
        {"name": name, "what": one.what, "tasks": list(one.tasks), "images": one.images}
        for name, one in templates().items()
    ]


def _fault(found: Diagnostic, units: Units, config: Parsed) -> dict[str, Any]:
    line, column = config.source.position(found.start)
    message, _, fix = found.message.partition("\n")
    return {
        "line": line,
        "column": column,
        "start": units.at(found.start),
        "end": units.at(found.end),
        "message": message,
        "fix": fix,
        "warning": found.is_warning,
    }


def _net(config: Parsed) -> Document[NetParameter] | None:
    """The net of a text: itself, or the first that the solver names."""
    if not config.is_solver:
        return parse_net(config.source, path=config.path)
    solver = parse_solver(config.source, path=config.path)
    return next((net for nets in solver.nets.values() for net in nets), None)


def _described(
    config: Parsed, document: Document[NetParameter], units: Units, phase: str, fold: bool, draw: bool
) -> dict[str, Any]:
    known = list(states(document.message))
    wanted = next((state for state in known if Phase.Name(state.phase) == phase), known[0])
    graph, notes = _wired(document, wanted)
    figures = figures_of(graph)
    places = {} if config.is_solver else ranges(config)
    needs = (training_needs if wanted.phase == Phase.Value("TRAIN") else run_needs)(graph)
    layers = [_layer(graph, figures, index, places, units) for index in range(len(graph.layers))]
    labels = {index: _label(one) for index, one in enumerate(layers)}
    drawn = draw and len(graph.layers) <= MOST_BOXES
    return {
        "name": graph.name or "net",
        "phase": Phase.Name(wanted.phase),
        "phases": [Phase.Name(state.phase) for state in known],
        "notes": [*notes, *(f"layer '{name}' is left out: {why}" for name, why in graph.skipped)],
        "layers": layers,
        "totals": {
            "layers": len(graph.layers),
            "params": figures.params,
            "macs": figures.macs,
            "bytes": figures.bytes,
            "memory": needs.likely,
            "batch_size": needs.batch_size,
            "trains": wanted.phase == Phase.Value("TRAIN"),
        },
        "pictures": _pictures(graph, labels, fold) if drawn else [],
        "blocks": any(_blocks(layer) for layer in graph.layers),
    }


def _wired(document: Document[NetParameter], state: NetState) -> tuple[Graph, list[str]]:
    """The graph; where data are missing, with inputs in their place and a note for each."""
    try:
        return graph_of(document, state, "show"), []
    except (ConfigError, DataError) as error:
        try:
            graph, notes = wire_without_data(document, state, unknown="show")
        except ConfigError:
            raise error from None
        return graph, [f"no data found; assumed: {note}" for note in notes]


def _layer(
    graph: Graph, figures: Figures, index: int, places: dict[int, tuple[int, int]], units: Units
) -> dict[str, Any]:
    layer, row = graph.layers[index], figures.layers[index]
    start, end = _place(layer, places)
    return {
        "name": layer.name,
        "type": layer.param.type,
        "family": LAYERS[layer.param.type].family if layer.param.type in LAYERS else "other",
        "bottoms": [_blob(graph, blob) for blob in layer.bottoms],
        "tops": [_blob(graph, blob) for blob in layer.tops],
        "params": row.params,
        "macs": row.macs,
        "bytes": row.bytes,
        "start": units.at(start) if end else None,
        "end": units.at(end) if end else None,
        "block": str(_blocks(layer)[-1].block) if _blocks(layer) else "",
        "config": emit(layer.param, "prototxt").rstrip() if not end or _blocks(layer) else "",
    }


def _blocks(layer: GraphLayer) -> list[Any]:
    """The uses of blocks that a layer stands in, the innermost first."""
    return list(layer.node.origin.calls) if layer.node is not None else []


def _place(layer: GraphLayer, places: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Where the layer, or the use of the block that it stands in, is in the text; zeros if it isn't."""
    if layer.node is None or not places:
        return 0, 0
    calls = _blocks(layer)
    if not calls:
        return places.get(layer.node.offset, places.get(layer.node.value_offset, (0, 0)))
    at = calls[-1].origin.offset
    inside = [place for place in places.values() if place[0] <= at < place[1]]
    return min(inside, key=lambda place: place[1] - place[0], default=(0, 0))


def _blob(graph: Graph, blob: int) -> dict[str, Any]:
    one = graph.blobs[blob]
    shape = "unknown" if one.shape is None else " x ".join(axes_of(graph, blob)) or "scalar"
    return {"name": one.name, "shape": shape}


def _label(layer: dict[str, Any]) -> str:
    shapes = ", ".join(top["shape"] for top in layer["tops"])
    return f"{layer['name']}: {layer['type']}" + (f", {shapes}" if shapes else "")


def _pictures(graph: Graph, labels: dict[int, str], fold: bool) -> list[dict[str, Any]]:
    whole = diagram_of(graph)
    diagrams: list[Diagram] = folded(whole) if fold else [whole]
    return [{"name": one.name, "svg": picture(scene_of(one), labels)} for one in diagrams]


TASKS: Final[dict[str, Callable[..., Any]]] = {"check": check, "choices": choices}
