"""Find faults that keep training from starting, in a solver whose config and nets are valid.

`startup_faults` uses the graphs; training calls it too. `source_faults` runs the parts of a run that read
files: sizes of data sets, weights, the folder of the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from layerzoo.engine.full_batch import full_batch_faults
from layerzoo.engine.precision.layer_precision import has_fp16
from layerzoo.errors import ConfigError, Fault, LayerzooError
from layerzoo.graph import Graph, GraphLayer
from layerzoo.loader import Document
from layerzoo.net import Net
from layerzoo.optimizer import RULES, FullBatchRule, Moving, freeze_faults, is_frozen, rule_name
from layerzoo.schema import SolverParameter
from layerzoo.solver.callbacks.blob_watch import watch_faults
from layerzoo.solver.callbacks.tensorboard import check_installed
from layerzoo.solver.config.length import in_iterations
from layerzoo.solver.config.nets import weights_files
from layerzoo.solver.testing.tester import Tester

Tested = Sequence[tuple[Graph, int | None]]
"""Graph and batches of a test (None for the whole set) of each test net."""

_MAX_FILES: Final = 100
_MAX_PATH: Final = 4096
_FORCE: Final = "force_backward: true runs it anyway"


def startup_faults(param: SolverParameter, train: Graph, tests: Tested) -> list[Fault]:
    """Faults that follow from the config and the graphs.

    These are inputs without data, a net without learnable params below a loss, a ``freeze`` that matches
    nothing, a full-batch rule in FP16, and settings of an update rule that don't suit the net.
    """
    faults = [fault for graph in (train, *(graph for graph, _ in tests)) for fault in _inputs(graph)]
    faults += learning_faults(train)
    faults += freeze_faults(param.freeze, _multipliers(train))
    if param.update:
        return faults
    rule = RULES[rule_name(param)]
    if issubclass(rule, FullBatchRule) and has_fp16(train, param):
        message = f"{rule_name(param)} needs exact gradients, not those of FP16"
        faults.append(Fault(message, field="type", hint="BF16 has FP32's range, and no scale"))
    moving = [
        Moving(names, spec.count)
        for (names, mult), spec in zip(_multipliers(train), train.params, strict=True)
        if mult and not is_frozen(param.freeze, names)
    ]
    return faults + rule.net_faults(param, moving)


def learning_faults(graph: Graph) -> list[Fault]:
    """A fault if no param of a training net gets a gradient; none if no param is learnable."""
    if not any(param.lr_mult for param in graph.params) or any(
        layer.needs_backward for layer in graph.layers
    ):
        return []
    said = f"net '{graph.name}' has nothing to learn: "
    if graph.losses:
        losses = [layer for layer in graph.layers if any(layer.loss_weights)]
        names = ", ".join(f"'{layer.name}'" for layer in losses)
        message = f"{said}no param that learns is below the loss of {names}"
        return [Fault(message, losses[0].origin(), f"look at its bottoms and propagate_down; {_FORCE}")]
    ends = _learning_ends(graph)
    python = [layer for layer in ends if "python_param" in layer.kind.messages]
    found = python or ends
    names = ", ".join(f"'{layer.name}'" for layer in found)
    what = "layer" if len(found) == 1 else "layers"
    message = f"{said}it has no loss; its outputs are those of {what} {names}"
    first = found[0] if found else None
    hint = f"give {what} {names} loss_weight: 1" if python else "add a loss, or loss_weight to a top"
    return [
        Fault(message, first.origin() if first else None, f"{hint}; {_FORCE}", first.name if first else "")
    ]


def source_faults(document: Document[SolverParameter], train: Graph, tests: Tested) -> list[Fault]:
    """Faults of the files, and those specific to a run of ``layerzoo train``.

    Args:
        document: a solver without other faults.
        train: the training net's graph.
        tests: graphs of the test nets, with the number of batches.
    """
    param = document.message
    faults: list[Fault] = []
    if not param.HasField("max_iter") and not param.max_epoch:
        faults.append(Fault("max_iter is not given", field="max_iter", hint="or give max_epoch"))
    if param.HasField("tensorboard_param"):
        faults += _faults_of(check_installed, "tensorboard_param")
    faults += [Fault(message, field="watch") for message in watch_faults(train, param.watch)]
    faults += _prefix(param)
    by_epochs = param.max_epoch or param.test_epoch
    rule = RULES[rule_name(param)]
    count = sum(names.count(",") + 1 for names in param.weights)
    if count > _MAX_FILES:
        message = f"{count:,} files of weights; a solver names at most {_MAX_FILES}"
        faults.append(Fault(message, field="weights"))
    files: list[Path] = []
    try:
        files = weights_files(param.weights, document) if count <= _MAX_FILES else []
    except ConfigError as error:
        faults += error.faults
    if by_epochs or rule.full_batch or files:
        net = Net(train, device="meta")
        field = "max_epoch" if param.max_epoch else "test_epoch"
        faults += _faults_of(partial(in_iterations, param, net), field)
        if issubclass(rule, FullBatchRule):
            faults += full_batch_faults(net, param.iter_size, rule.second_order)
        for path in files:
            faults += _faults_of(partial(net.load_weights, path), "weights")
    for graph, iterations in tests:
        if iterations is None:
            faults += _faults_of(partial(Tester, Net(graph, device="meta"), None), "test_interval")
    return faults


def _inputs(graph: Graph) -> list[Fault]:
    """A fault for each input layer, whose tops need data from a program."""
    layers = dict.fromkeys(blob.producer for blob in graph.inputs)
    return [
        Fault(
            f"net '{graph.name}' takes inputs, which have no data in training and testing",
            graph.layers[index].origin(),
            "put a data layer in place of the Input layer, or exclude it by its phase",
            graph.layers[index].name,
        )
        for index in layers
    ]


def _multipliers(graph: Graph) -> list[tuple[list[str], float]]:
    """Of each param the names of the layer that owns it, and the multiplier of its learning rate."""
    found = []
    for param in graph.params:
        layer = graph.layers[param.users[0][0]]
        names = [layer.name, layer.config_name or layer.name]
        if param.own.path:
            names.append(f"{layer.name}/{param.own.path}")
        found.append((names, param.lr_mult))
    return found


def _learning_ends(graph: Graph) -> list[GraphLayer]:
    """Layers whose tops depend on a learnable param and are consumed by no layer."""
    learning: set[int] = set()
    ends = []
    for layer in graph.layers:
        if any(graph.params[p].lr_mult for p in layer.params) or not learning.isdisjoint(layer.bottoms):
            learning.update(layer.tops)
            if not any(graph.blobs[top].consumers for top in layer.tops):
                ends.append(layer)
    return ends


def _faults_of(ask: Callable[[], object], field: str) -> list[Fault]:
    """Errors of a part of a run, as faults of a field."""
    try:
        ask()
    except ConfigError as error:
        return [Fault(f.message, f.origin, f.hint, f.layer, f.field or field) for f in error.faults]
    except LayerzooError as error:
        return [Fault(str(error), field=field)]
    return []


def _prefix(param: SolverParameter) -> list[Fault]:
    """A fault if the run's folder can't be created or written to."""
    if len(param.snapshot_prefix) > _MAX_PATH:
        message = (
            f"snapshot_prefix has {len(param.snapshot_prefix):,} characters; a path has at most {_MAX_PATH:,}"
        )
        return [Fault(message, field="snapshot_prefix")]
    folder = Path(f"{param.snapshot_prefix}.run").absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK):
        return []
    why = "can't be written to" if there.is_dir() else "is not a directory"
    message = f"snapshots can't be written to '{param.snapshot_prefix or Path()}': '{there}' {why}"
    return [Fault(message, field="snapshot_prefix")]
