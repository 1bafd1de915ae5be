"""Outputs of a net as numbers, and as Caffe's log lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from layerzoo.graph import Blob
from layerzoo.log import number
from layerzoo.net import Net
from layerzoo.optimizer import AnyRule, RuleSet

log = logging.getLogger("layerzoo")

MAX_VALUES: Final = 1000
"""How many values of an output the log shows: Caffe shows all, be it a matrix."""

_MAX_SHOWN = 20


def output_values(net: Net | Sequence[Blob], outputs: list[Tensor]) -> dict[str, list[float]]:
    """Elements of a net's outputs by name, in one copy from the device.

    Args:
        net: the net, or the blobs whose values are given.
        outputs: the values; those that are empty are left out.
    """
    blobs = net.graph.outputs if isinstance(net, Net) else net
    flat = torch.cat([o.reshape(-1).float() for o in outputs]).tolist() if outputs else []
    values: dict[str, list[float]] = {}
    for blob, tensor in zip(blobs, outputs, strict=False):
        if tensor.numel():  # empty: nothing has computed it in this iteration
            values[blob.name], flat = flat[: tensor.numel()], flat[tensor.numel() :]
    return values


def update_lines(rule: AnyRule) -> Iterator[str]:
    """A line for each of a solver's updates: its rule, its params and their layers."""
    if not isinstance(rule, RuleSet):
        return
    for member in rule.members:
        params = [param for param in member.rule.params if param.lr_mult]
        layers = list(dict.fromkeys(param.name.rpartition(".")[0] for param in params))
        shown = ", ".join(layers[:_MAX_SHOWN]) + (", ..." if len(layers) > _MAX_SHOWN else "")
        count = sum(param.param.numel() for param in params)
        plan = member.plan
        times = f", {plan.times} times an iteration" if plan.times > 1 else ""
        every = f", every {plan.every} iterations" if plan.every > 1 else ""
        what = f"Update {member.name}: {member.rule.type_name}{times}{every}, moves {count:,} params"
        yield f"{what} of {len(layers)} {'layer' if len(layers) == 1 else 'layers'}: {shown}"


def log_updates(rule: AnyRule) -> None:
    """Log the `update_lines`."""
    for line in update_lines(rule):
        log.info("%s", line)


def output_weights(net: Net) -> dict[str, float]:
    """Loss weight of each of a net's outputs by name; 0 if it is not a loss."""
    weights = dict(net.graph.losses)
    return {blob.name: weights.get(blob.index, 0.0) for blob in net.graph.outputs}


def output_lines(values: Mapping[str, list[float]], weights: Mapping[str, float]) -> Iterator[str]:
    """Lines such as ``#0: loss = 0.25 (* 1 = 0.25 loss)``, one for each of an output's first elements."""
    index = 0
    for name, elements in values.items():
        weight = weights.get(name, 0.0)
        for position, value in enumerate(elements):
            if position == MAX_VALUES:
                yield f"#{index}: {name} has {len(elements) - position:,} more values"
                index += len(elements) - position
                break
            share = f" (* {number(weight)} = {number(weight * value)} loss)" if weight else ""
            yield f"#{index}: {name} = {number(value)}{share}"
            index += 1
