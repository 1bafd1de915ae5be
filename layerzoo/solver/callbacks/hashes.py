"""``-hashes``: hashes of what a run is fed and of what it has learned, for comparing two runs bit for bit."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from layerzoo.graph import GraphLayer
from layerzoo.graph.facts import param_label
from layerzoo.solver.callbacks.callback import Callback
from layerzoo.solver.snapshots.run_state import RunState


class Hashes(Callback):
    """Writes a file of JSON lines, in the order in which a run computes.

    ``{"fed": 5, "layer": "data", "tops": {"label": ["9f…", …]}}`` is batch 5 of a layer that reads data: a
    hash for each row of a top, in the order of the batch. ``{"updated": 6, "loss": "0x1.2p+1", "params": {…},
    "history": [...]}`` is the state after the sixth update. With ``layers`` there are also ``{"computed": 5,
    "layer": "conv1", "tops": {…}}`` for the tops of each other layer, and ``"gradient"`` for the gradients
    of its tops; layers then run one by one.

    The hooks don't change what is computed. Two runs can be compared line by line, on any machine.

    Args:
        path: the file; lines are added to it.
        run: the state of the run.
        layers: write the lines of all layers.
        kill_at: the number of updates after which the process ends itself by SIGKILL, as in a power cut;
            0: never.
        settle: called before that, so that there is a snapshot to resume from.
    """

    def __init__(
        self,
        path: Path,
        run: RunState,
        *,
        layers: bool = False,
        kill_at: int = 0,
        settle: Callable[[], object] = bool,
    ) -> None:
        self.path, self.run, self.layers, self.kill_at, self.settle = path, run, layers, kill_at, settle
        with path.open("a", encoding="utf-8"):  # a folder that is missing shows now
            pass
        self._names = [_name(run, index) for index in range(len(run.net.graph.params))]

    def started(self, iteration: int, tested: bool) -> None:
        """Look on from here: passes before this only measure memory."""
        net = self.run.net
        for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
            if layer.is_source:
                layer.register_forward_hook(partial(self._fed, spec))
            elif self.layers and not self.run.rule.full_batch and not spec.kind.is_input:
                layer.register_forward_hook(partial(self._computed, spec))

    def updated(self, iteration: int) -> None:
        """Write the hashes of loss, params and history; kill the process if it is time."""
        run = self.run
        losses = run.train.losses
        self._write(
            updated=iteration,
            loss=float(losses[-1]).hex() if losses else "",
            params=dict(zip(self._names, map(digest, run.net.learnable), strict=True)),
            history=[digest(tensor) for tensor in run.rule.history],
        )
        if self.kill_at and iteration >= self.kill_at:
            self.settle()
            os.kill(os.getpid(), signal.SIGKILL)

    def _fed(self, spec: GraphLayer, layer: nn.Module, given: Any, made: Any) -> None:
        tops = zip(self._blobs(spec), _tensors(made), strict=False)
        batch = self.run.net.clock.batch
        self._write(fed=batch, layer=spec.name, tops={name: row_digests(top) for name, top in tops})

    def _computed(self, spec: GraphLayer, layer: nn.Module, given: Any, made: Any) -> None:
        batch, tops = self.run.net.clock.batch, _tensors(made)
        named = dict(zip(self._blobs(spec), tops, strict=False))
        self._write(computed=batch, layer=spec.name, tops={name: digest(top) for name, top in named.items()})
        for name, top in named.items():
            if top.requires_grad:
                top.register_hook(partial(self._gradient, batch, spec.name, name))  # type: ignore[no-untyped-call]

    def _gradient(self, batch: int, layer: str, top: str, gradient: Tensor) -> None:
        self._write(gradient=batch, layer=layer, tops={top: digest(gradient)})

    def _blobs(self, spec: GraphLayer) -> list[str]:
        return [self.run.net.graph.blobs[index].name for index in spec.tops]

    def _write(self, **line: Any) -> None:
        # opened for each line: nothing is left in a buffer when the process is killed
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def _name(run: RunState, index: int) -> str:
    """The name of a param, ``conv1.weight``."""
    spec = run.net.graph.params[index]
    return param_label(run.net.graph.layers[spec.users[0][0]].name, spec.own)


def digest(tensor: Tensor) -> str:
    """A hash of a tensor's bits, whatever its layout and device."""
    return hashlib.blake2b(_bytes(tensor).numpy().data, digest_size=8).hexdigest()


def row_digests(tensor: Tensor) -> list[str]:
    """A hash of the bits of each row of a tensor, along its first axis; one for a tensor without rows."""
    if not tensor.dim() or not tensor.numel():
        return [digest(tensor)]
    rows = _bytes(tensor).reshape(len(tensor), -1).numpy()
    return [hashlib.blake2b(row.data, digest_size=8).hexdigest() for row in rows]


def _bytes(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)


def _tensors(made: Any) -> Sequence[Tensor]:
    return made if isinstance(made, tuple) else (made,)
