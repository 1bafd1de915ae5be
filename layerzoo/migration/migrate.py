"""Migrate one net: everything into one folder, the report last."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from layerzoo.atomic import write_atomic
from layerzoo.drawing.draw import draw
from layerzoo.errors import ConfigError, LayerzooError, UsageError, WeightsError
from layerzoo.layer import kind_of
from layerzoo.loader import Document, emit, load_net
from layerzoo.migration.formats import FORMATS, write_formats
from layerzoo.migration.inputs import STANDARD, determining, realistic
from layerzoo.migration.opencv import run_opencv
from layerzoo.migration.report import report
from layerzoo.migration.result import Migration
from layerzoo.migration.untrained import draw_constant_params, fit_params
from layerzoo.net import Net
from layerzoo.schema import TEST, NetParameter, NetState
from layerzoo.survey import wire_without_data
from layerzoo.weights import load
from layerzoo.zoo.deploy import deploy_graph, deploy_net
from layerzoo.zoo.golden import golden_pair
from layerzoo.zoo.preprocessing import preprocessing_of

REPORT = "REPORT.md"


def migrate(
    net: Path,
    weights: Path | None,
    folder: Path,
    *,
    overrides: Sequence[str] = (),
    formats: Sequence[str] = tuple(FORMATS),
    labels: Sequence[str] = (),
    preprocessing: Mapping[str, Any] | None = None,
    opencv: Path | None = None,
) -> Migration:
    """Write a net in other formats, with golden outputs, a picture, and a report of how well each agrees.

    Args:
        net: the config file; a net for training is converted to its form for deployment.
        weights: the weights file; without any, the fillers' values are taken and params without a
            filler are drawn, and the report says so.
        folder: the folder to write, new or empty.
        overrides: ``-set`` arguments for the net.
        formats: keys of `FORMATS`.
        labels: names of the classes.
        preprocessing: what is done to an image before the net: ``mean_value``, ``scale`` and others.
        opencv: a Python interpreter with OpenCV, which then runs the ONNX and the Caffe files, too.

    Raises:
        UsageError: the folder holds files already, or OpenCV's Python can't be run.
        ConfigError: the net has faults.
        WeightsError: the weights can't be read, or lack a blob of the net.
        OSError: the folder can't be written to.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} already exists; name another folder with -out, or empty it")
    document = load_net(net, overrides)
    message, known, notes = _deployed(document)
    built = Net(message, "TEST")
    made = Migration(net, weights, identifier(net.stem), facts={"labels": list(labels)})
    made.facts["preprocessing"] = known | dict(preprocessing or {})
    made.upgrades = list(document.notes)
    made.warnings = [*(str(fault) for fault in document.warnings), *notes]
    if weights is None:
        made.drawn = draw_constant_params(built)
    else:
        made.loaded = load(built.weights, weights)
    if made.loaded is not None and (made.loaded.missing or made.loaded.mismatched):
        raise WeightsError(f"the weights don't fit the net\n{made.loaded.in_full()}")
    made.params = sum(param.count for param in built.graph.params)
    made.inputs = built.graph.input_shapes()
    made.outputs = {blob.name: tuple(blob.shape or ()) for blob in built.graph.outputs}
    prepared = made.facts["preprocessing"] or (STANDARD if made.drawn else {})
    if weights is None:
        made.fitted = fit_params(built, realistic(built, prepared))
    inputs, undecided = determining(built, prepared)
    made.warnings += undecided
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / f"{made.name}.prototxt", emit(message, "prototxt"))
    made.outcomes = write_formats(built, folder, made.name, inputs, tuple(formats))
    write_atomic(folder / "golden.safetensors", golden_pair(built, inputs))
    if opencv is not None:
        made.opencv = _in_opencv(opencv, built, folder, made, inputs)
    if labels:
        write_atomic(folder / "labels.txt", "".join(f"{label}\n" for label in labels))
    try:
        draw(built.graph, folder / f"{made.name}.svg")
    except LayerzooError as error:
        made.warnings.append(f"no picture: {error}")
    write_atomic(folder / REPORT, report(made))
    return made


def _in_opencv(
    python: Path, net: Net, folder: Path, made: Migration, inputs: Mapping[str, Tensor]
) -> list[str]:
    """What OpenCV computes with the files that it reads."""
    with torch.no_grad():
        expected = dict(net(**inputs))
    lines = []
    for outcome in made.outcomes:
        files = [folder / name for name in outcome.files]
        config = [folder / f"{made.name}.prototxt"] if outcome.format == "caffemodel" else []
        if files and outcome.format in {"onnx", "caffemodel"}:
            line = run_opencv(python, [*config, *files], inputs, expected)
            lines.append(f"{outcome.format}: {line}")
    return lines


def _deployed(document: Document[NetParameter]) -> tuple[NetParameter, dict[str, Any], list[str]]:
    """The net for deployment, what is done to its images as far as it is known, and notes.

    Where the data of a net for training is missing, an input of a shape that fits takes its place. Layers
    write no files.
    """
    notes = _without_files(document.message)
    try:
        graph = deploy_graph(document)
    except ConfigError as error:
        try:
            graph, guessed = wire_without_data(document, NetState(phase=TEST))
            notes += [f"the data is missing, so the input's shape is a guess: {guess}" for guess in guessed]
        except ConfigError:
            raise error from None
    found = preprocessing_of(graph)
    message = NetParameter(name=graph.name, layer=[layer.param for layer in graph.layers])
    return deploy_net(message), {} if found is None else found[0].facts(), notes


def _without_files(net: NetParameter) -> list[str]:
    """Clear the fields by which layers write files beside their tops, in place; a note for each layer."""
    notes = []
    for layer in net.layer:
        kind = kind_of(layer)
        if kind is None or not kind.survey_fields or not kind.writes(layer):
            continue
        for path in kind.survey_fields:
            message, _, field = path.partition(".")
            getattr(layer, message).ClearField(field)
        notes.append(f"layer '{layer.name}' writes files; the migrated net only has its tops")
    return notes


def identifier(stem: str) -> str:
    """A name as a Python identifier, so that the Python module can be imported."""
    name = re.sub(r"\W", "_", stem, flags=re.ASCII) or "net"
    return f"net_{name}" if name[0].isdigit() or iskeyword(name) else name
