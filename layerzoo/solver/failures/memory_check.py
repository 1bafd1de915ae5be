"""Check before anything is allocated that training fits into memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from layerzoo.engine.sharding import gathered_bytes, is_sharded
from layerzoo.errors import Fault
from layerzoo.graph import Graph, GraphLayer, GraphParam
from layerzoo.graph.facts import param_label
from layerzoo.memory.needs import MemoryNeeds, check_memory, shortage, training_needs
from layerzoo.optimizer import UpdateParam, UpdatePlan, make_rule
from layerzoo.schema import FP64, SolverParameter
from layerzoo.solver.config.checking import Checked


def check_training_memory(
    param: SolverParameter, checked: Checked, device: torch.device, processes: int = 1
) -> None:
    """Check that a device has the memory for what is allocated when a solver is built.

    These are params, gradients and history; `MemoryReport.check` checks the blobs before training begins.

    Raises:
        OutOfMemoryError: names what is needed and what there is, the layer that takes most, and the fix.
    """
    check_memory(replace(solver_needs(param, checked, processes), blobs=0, layer_blobs=0), device)


def memory_warnings(
    param: SolverParameter, checked: Checked, device: torch.device, processes: int = 1
) -> list[Fault]:
    """A warning if training is likely to need more memory than a device has."""
    needs = solver_needs(param, checked, processes)
    fault = shortage(needs, device, param.iter_size) or shortage(needs, device, param.iter_size, likely=True)
    return [fault] if fault else []


def solver_needs(param: SolverParameter, checked: Checked, processes: int = 1) -> MemoryNeeds:
    """What training with a solver needs in each process, by the shapes of its nets."""
    others = [graph for graph, _ in checked.test]
    others += [plan.graph for plan in checked.updates if plan.graph is not None]
    needs = training_needs(checked.train, others, _history(param, checked.train, checked.updates))
    if is_sharded(param, processes):
        gathered = gathered_bytes(checked.train, param.distributed_param.sharding_param)
        needs = needs.over(processes, gathered)
    return needs.times(2) if param.precision == FP64 else needs


def _history(param: SolverParameter, graph: Graph, updates: Sequence[UpdatePlan]) -> int:
    """Bytes of the update rule's history and of averaged params."""
    held = [_unallocated(own, graph.layers[own.users[0][0]]) for own in graph.params]
    rule = make_rule(param, held, 0, updates)
    averages = sum(one.param.numel() for one in held) * 4 if param.HasField("ema_param") else 0
    return averages + sum(blob.numel() * blob.element_size() for blob in rule.history)


def _unallocated(param: GraphParam, layer: GraphLayer) -> UpdateParam:
    tensor = nn.Parameter(torch.empty(param.own.shape, device="meta"))
    name = param_label(layer.name, param.own)
    return UpdateParam(tensor, param.lr_mult, param.decay_mult, name, layer.config_name)
