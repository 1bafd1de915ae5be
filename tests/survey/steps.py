"""One training step of each net of a config file, on generated inputs in place of its data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch

from layerzoo.errors import ConfigError, LayerzooError
from layerzoo.graph import Graph
from layerzoo.graph.backward import Arrivals
from layerzoo.loader import Document, parse_either
from layerzoo.loader.files import read_source
from layerzoo.net import Net
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import TRAIN, NetParameter, NetState, SolverParameter
from layerzoo.survey.examine import Limits, settle, wire
from layerzoo.survey.inputs import draw
from layerzoo.survey.standin import states

LIMITS = Limits(memory=4 * 1024**3, batch=2)


@dataclass
class Step:
    """The result for one net.

    Attributes:
        path: path of its file.
        built: whether it is a net with a loss that trains params, and was built.
        loss: the loss.
        arrived: the number of params that a gradient has to reach.
        why: what is wrong; empty if the step was right, or there was none.
    """

    path: str
    built: bool = False
    loss: float = 0.0
    arrived: int = 0
    why: str = ""
    notes: list[str] = field(default_factory=list)


def train_steps(path: Path) -> list[Step]:
    """Make one training step with each net of a file; a file with faults gives none."""
    faults: list[object] = []
    document = parse_either(read_source(path), path=path, faults=faults)  # type: ignore[arg-type]  # only counted
    if faults:
        return []
    if isinstance(document.message, SolverParameter):
        nets = [net for several in document.nets.values() for net in several]
    else:
        nets = [document]
    return [step for net in nets if (step := _train_step(path, net)) is not None]


def _train_step(path: Path, document: Document[NetParameter]) -> Step | None:
    state = next((s for s in states(document.message) if s.phase == TRAIN), NetState(phase=TRAIN))
    try:
        graph, notes = wire(document, state, LIMITS, lenient=False)
    except ConfigError:
        return None
    trained = [layer for layer in graph.layers if layer.needs_backward]
    if not graph.losses or not trained or any(blob.shape is None for blob in graph.blobs):
        return None
    step = Step(str(path), notes=notes)
    if 8 * sum(blob.count for blob in graph.blobs) > LIMITS.memory:
        step.notes.append("not run: it needs too much memory")
        return step
    step.built = True
    try:
        step.why = _run(graph, step)
    except LayerzooError as error:
        step.why = str(error)
    return step


def _run(graph: Graph, step: Step) -> str:
    net = Net(graph)
    net.train()
    settle(net)
    torch.manual_seed(0)
    for scale in (1.0, 1e-3):  # the exponentials of an untrained detector overflow
        values = net.run(net.fetch() | draw(graph, scale=scale), net.outputs_only)
        loss = net.loss(values)
        if torch.isfinite(loss):
            break
    step.loss = loss.item()
    if not torch.isfinite(loss):
        return f"the loss is {step.loss}"
    if not loss.requires_grad:
        return "the loss has no gradient"
    loss.backward()
    reached = reached_params(graph)
    step.arrived = len(reached)
    for index, param in enumerate(net.learnable):
        facts = graph.params[index]
        name = f"{graph.layers[facts.users[0][0]].name}.{facts.own.name}"
        if param.grad is None:
            if index in reached:
                return f"no gradient at param {name}"
        elif not bool(param.grad.isfinite().all()):
            return f"the gradient of param {name} is not finite"
        elif index not in reached and bool(param.grad.any()):
            return f"a gradient at param {name}, which no loss should reach"
    if not any(param.grad is not None and bool(param.grad.any()) for param in net.learnable):
        return "all gradients are 0"
    solver = SolverParameter(base_lr=1e-6, lr_policy="fixed")
    make_rule(solver, [UpdateParam(p) for p in net.learnable if p.grad is not None]).step(1e-6, 0)
    if not all(bool(param.isfinite().all()) for param in net.learnable):
        return "params are not finite after the step"
    return ""


def reached_params(graph: Graph) -> set[int]:
    """The params that learn and that the gradient of a loss arrives at."""
    arrivals = Arrivals(graph)
    return {
        index
        for layer in graph.layers
        if layer.needs_backward and not layer.kind.no_gradient and any(map(arrivals.at, layer.tops))
        for index in layer.params
        if graph.params[index].lr_mult and graph.params[index].own.learns
    }
