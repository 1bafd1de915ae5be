"""Locate the first NaN or infinite blob of a pass, with statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from layerzoo.engine.statistics import Statistics
from layerzoo.graph import Blob
from layerzoo.net import Feed, Net, Plan

Kind = Literal["data", "param", "blob", "gradient"]


@dataclass
class Finding:
    """The first tensor that is not finite.

    Attributes:
        kind: ``data`` (of a source), ``param``, ``blob`` (a top), ``gradient`` (of a blob or param).
        layer: the layer that computed it, or holds it.
        what: description, e.g. ``top 'ip1' of layer 'ip1' (InnerProduct)``.
        statistics: its statistics.
        around: statistics of the bottoms and params that it was computed from, by name.
        samples: for ``data``, the affected samples of the batch, from 0.
    """

    kind: Kind
    layer: str
    what: str
    statistics: Statistics
    around: dict[str, Statistics] = field(default_factory=dict)
    samples: list[int] = field(default_factory=list)


class Diagnosis:
    """Runs a forward and backward pass and checks it blob by blob; gradients stay in the params.

    Args:
        net: the training net.
        feed: the feed of the pass.
        scale: factor on the loss.

    Attributes:
        finding: the first tensor that is not finite; None if all are.
        batch: the feed's tensors by blob name.
    """

    def __init__(self, net: Net, feed: Feed, scale: float = 1.0) -> None:
        self.net = net
        self._plan = Plan(net.graph, net.ordered_layers())
        self.finding = self._in_params()  # before the pass, in which layers such as BatchNorm change theirs
        self.values = net.run(feed, self._plan)
        self._fed = frozenset(feed.blobs)
        self.batch = {net.graph.blobs[top].name: value.detach() for top, value in feed.blobs.items()}
        self.finding = self.finding or self._in_tops() or self._in_gradients(scale)

    def report(self) -> Iterator[str]:
        """A line for each param and top, in the order of the net."""
        for spec, layer in zip(self.net.graph.layers, self.net.ordered_layers(), strict=True):
            for own, blob in zip(layer.own_params, layer.blobs, strict=False):
                yield f"{spec.name} ({spec.param.type}) param {own.name}: {Statistics.of(blob).describe()}"
            for top in spec.tops:
                value = self.values[top]
                if value is not None:
                    name = self.net.graph.blobs[top].name
                    yield f"{spec.name} ({spec.param.type}) top {name}: {Statistics.of(value).describe()}"

    def _in_params(self) -> Finding | None:
        for index in range(len(self.net.graph.params)):
            found = Statistics.of(self.net.learnable[index])
            if not found.is_finite:
                return Finding("param", self._owner(index), self._param(index), found)
        return None

    def _in_tops(self) -> Finding | None:
        for spec, layer in zip(self.net.graph.layers, self.net.ordered_layers(), strict=True):
            for top in spec.tops:
                value = self.values[top]
                if value is None or (found := Statistics.of(value)).is_finite:
                    continue
                what = f"top '{self.net.graph.blobs[top].name}' of layer '{spec.name}' ({spec.param.type})"
                if top in self._fed:
                    rows = (
                        (~value.isfinite()).reshape(len(value), -1).any(1) if value.dim() else value.isnan()
                    )
                    return Finding("data", spec.name, what, found, samples=rows.nonzero().flatten().tolist())
                around = {
                    f"bottom '{self.net.graph.blobs[b].name}'": Statistics.of(given)
                    for b in spec.bottoms
                    if (given := self.values[b]) is not None
                }
                for own, blob in zip(layer.own_params, layer.blobs, strict=False):
                    around[f"param '{own.name}'"] = Statistics.of(blob)
                return Finding("blob", spec.name, what, found, around)
        return None

    def _in_gradients(self, scale: float) -> Finding | None:
        """Check gradients in the order of the backward pass, so that the first fault is its origin."""
        found: list[Finding] = []
        looked_at = [
            (value, *self._maker(blob))
            for blob, value in zip(self.net.graph.blobs, self.values, strict=True)
            if value is not None and not value.is_leaf
        ]
        for index, param in enumerate(self.net.learnable):
            looked_at.append((param, self._owner(index), self._param(index)))
        hooks = [
            tensor.register_hook(self._look(found, layer, what))  # type: ignore[no-untyped-call]  # torch's
            for tensor, layer, what in looked_at
            if tensor.requires_grad
        ]
        loss = self.net.loss(self.values)
        if loss.requires_grad:
            torch.autograd.backward(loss, torch.full_like(loss, scale))
        for hook in hooks:
            hook.remove()
        return found[0] if found else None

    def _look(self, found: list[Finding], layer: str, what: str) -> Callable[[Tensor], None]:
        def look(gradient: Tensor) -> None:
            if not found and not (statistics := Statistics.of(gradient)).is_finite:
                found.append(Finding("gradient", layer, f"gradient of {what}", statistics))

        return look

    def _maker(self, blob: Blob) -> tuple[str, str]:
        """The layer whose backward pass computes a blob's gradient, and a description of the blob."""
        layers = self.net.graph.layers
        users = [layers[user].name for user, _ in blob.consumers] or [layers[blob.producer].name]
        by = f", computed by the backward pass of layer '{users[-1]}'" if blob.consumers else ""
        return users[-1], f"blob '{blob.name}'{by}"

    def _owner(self, index: int) -> str:
        return self.net.graph.layers[self.net.graph.params[index].users[0][0]].name

    def _param(self, index: int) -> str:
        return f"param '{self.net.graph.params[index].own.name}' of layer '{self._owner(index)}'"
