"""The plan of a training pass as one operation, compiled by torch."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from layerzoo.errors import UsageError
from layerzoo.graph import Graph
from layerzoo.home import home
from layerzoo.layer import Clock, Layer
from layerzoo.net.rewriting.layout import lay_out
from layerzoo.net.rewriting.rewritten import Rewritten
from layerzoo.plan import Plan, Step, run_steps

log = logging.getLogger("layerzoo")

ENGINES: Final = ("EAGER", "COMPILE", "GRAPH")
"""How iterations run: layer by layer, as one compiled operation, or as recorded CUDA graphs."""
CACHE: Final = "TORCHINDUCTOR_CACHE_DIR"
"""torch's environment variable for the folder of compiled code."""

Pass = Callable[..., tuple[Tensor, ...]]
"""Computes the tops of a pass from its bottoms and, in a net with random layers, the number of the pass."""


def single_step(graph: Graph, clock: Clock, plain: Plan, eager: Plan, channels_last: bool = False) -> Plan:
    """The plan of a training pass that is compiled in its first pass under autograd.

    ``eager`` runs in its place, and a warning says why, where a layer runs code outside torch, and where the
    pass can't be compiled, for example without a C++ compiler.

    Args:
        graph: the net's graph.
        clock: the net's clock.
        plain: the plan of its layers.
        eager: the plan that runs layer by layer.
        channels_last: the layout of blobs.
    """
    layers = [step.layer for step in plain.steps]
    outside = next((layer.name for layer in layers if layer.on_host or layer.has_effects), None)
    if outside is not None:
        log.warning(
            "engine: COMPILE: layer '%s' runs code outside torch; the net runs layer by layer", outside
        )
    if outside is not None or not layers:
        return eager
    steps = lay_out(plain, plain.steps) if channels_last else plain.steps
    return _SingleStep(_Whole(graph, clock, plain.with_steps(steps), eager), plain, eager)


class _SingleStep(Rewritten):
    """A plan of one step, which runs all layers."""

    def __init__(self, whole: _Whole, plain: Plan, eager: Plan) -> None:
        super().__init__(plain, [Step(plain.steps[0].layer, whole.bottoms, whole.tops, (), whole)])
        self._eager = eager

    def ready(self) -> Plan:
        """The plan to run now: the eager one without gradients, since each kind of pass is compiled anew."""
        return super().ready() if torch.is_grad_enabled() else self._eager.ready()


class _Whole:
    """All layers as one operation, which the first calls make.

    Attributes:
        bottoms, tops: indices of the blob versions that it takes and gives.
    """

    def __init__(self, graph: Graph, clock: Clock, plan: Plan, eager: Plan) -> None:
        self._graph, self._clock, self._plan, self._eager = graph, clock, plan, eager
        made = {top for step in plan.steps for top in step.tops}
        used = {bottom for step in plan.steps for bottom in step.bottoms}
        kept = made if plan.kept is None else made & plan.kept
        self.bottoms, self.tops = tuple(sorted(used - made)), tuple(sorted(kept))
        self._operation: Pass | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The state of a copy, which makes an operation of its own."""
        return self.__dict__ | {"_operation": None}

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """The tops for the bottoms."""
        if self._clock.number is not None:
            given = (*given, self._clock.number)
        if self._operation is not None:
            return self._attempt(given)
        begun = time.monotonic()
        tops = self._attempt(given)
        if self._operation != self._eagerly:
            log.info("Compiled net '%s' in %.1f s", self._graph.name, time.monotonic() - begun)
        return tops

    def _attempt(self, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        try:
            if self._operation is None:
                self._operation = self._made()
            return self._operation(*given)
        except Exception as error:
            if self._operation == self._eagerly:
                raise
            tops = self._eagerly(*given)  # raises what isn't the fault of the compiler
            self._operation = self._eagerly
            cause = getattr(error, "inner_exception", error)  # torch's compiler wraps what went wrong
            reason = str(cause).strip().partition("\n")[0] or type(cause).__name__
            log.warning(
                "engine: COMPILE: torch could not compile the net, which runs layer by layer: %s", reason
            )
            return tops

    def _made(self) -> Pass:
        for step in self._plan.steps:
            if (why := step.layer.unrecordable) is not None:
                raise UsageError(
                    f"layer '{step.layer.name}' ({step.layer.type_name}) reads values, and {why}"
                )

        def whole(*given: Tensor) -> tuple[Tensor, ...]:
            return self._run(self._plan, given)

        folder = os.environ.setdefault(CACHE, str(home() / "compiled"))
        said = "Compiling net '%s'; it takes about a minute the first time, and is kept in %s"
        log.info(said, self._graph.name, folder)
        return torch.compile(whole, fullgraph=True)

    def _eagerly(self, *given: Tensor) -> tuple[Tensor, ...]:
        return self._run(self._eager, given)

    def _run(self, plan: Plan, given: Sequence[Tensor]) -> tuple[Tensor, ...]:
        held: list[Tensor | None] = [None] * len(self._graph.blobs)
        for index, tensor in zip(self.bottoms, given, strict=False):
            held[index] = tensor
        if len(given) > len(self.bottoms):
            self._clock.number = given[-1]
        run_steps(plan, held, _unexplained)
        return tuple(held[index] for index in self.tops)  # type: ignore[misc]


def _unexplained(error: Exception, layer: Layer, bottoms: Sequence[Tensor | None]) -> None:
    """Leave an error as it is."""
