"""The plan of a training pass as one operation: compiled by torch, or recorded as a CUDA graph."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from layerzoo.graph import Graph
from layerzoo.home import home
from layerzoo.layer import Clock, Layer
from layerzoo.net.plan import Plan, Step, run_steps
from layerzoo.net.rewriting.layout import lay_out
from layerzoo.net.rewriting.rewritten import Rewritten

log = logging.getLogger("layerzoo")

ENGINES: Final = ("EAGER", "COMPILE", "GRAPH")
"""How the passes of training run: layer by layer, or as one operation of either kind."""
CACHE: Final = "TORCHINDUCTOR_CACHE_DIR"
"""torch's environment variable for the folder of compiled code."""
_EAGER_PASSES: Final = 3
"""Passes before the recording of a CUDA graph, in which libraries choose kernels and memory is laid out."""
_CALLED: Final = {"COMPILE": ("compile", "Compiled"), "GRAPH": ("record", "Recorded")}

Pass = Callable[..., tuple[Tensor, ...]]
"""Computes the tops of a pass from its bottoms and, in a net with random layers, the number of the pass."""


def single_step(
    graph: Graph, clock: Clock, plain: Plan, eager: Plan, engine: str, channels_last: bool = False
) -> Plan:
    """The plan of a training pass that runs as one operation from its first pass under autograd.

    ``eager`` runs in its place, and a warning says why, where a layer runs code outside torch, and where the
    pass can't be compiled or recorded, for example without a C++ compiler.

    Args:
        graph: the net's graph.
        clock: the net's clock.
        plain: the plan of its layers.
        eager: the plan that runs layer by layer.
        engine: COMPILE, or GRAPH (CUDA; experimental: not yet run on a GPU).
        channels_last: the layout of blobs.
    """
    layers = [step.layer for step in plain.steps]
    outside = next((layer.name for layer in layers if layer.on_host or layer.has_effects), None)
    reason = f"layer '{outside}' runs code outside torch" if outside is not None else None
    if engine == "GRAPH" and not torch.cuda.is_available():
        reason = "CUDA graphs need a GPU of NVIDIA"
    if reason is not None:
        log.warning("engine: %s: %s; the net runs layer by layer", engine, reason)
    if reason is not None or not layers:
        return eager
    steps = lay_out(plain, plain.steps) if channels_last else plain.steps
    return _SingleStep(_Whole(graph, clock, plain.with_steps(steps), eager, engine), plain, eager)


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

    def __init__(self, graph: Graph, clock: Clock, plan: Plan, eager: Plan, engine: str) -> None:
        self._graph, self._clock, self._plan, self._eager = graph, clock, plan, eager
        self._engine = engine
        made = {top for step in plan.steps for top in step.tops}
        used = {bottom for step in plan.steps for bottom in step.bottoms}
        kept = made if plan.kept is None else made & plan.kept
        self.bottoms, self.tops = tuple(sorted(used - made)), tuple(sorted(kept))
        self._operation: Pass | None = None
        self._before = _EAGER_PASSES if engine == "GRAPH" else 0

    def __getstate__(self) -> dict[str, Any]:
        """The state of a copy, which makes an operation of its own."""
        return self.__dict__ | {"_operation": None}

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """The tops for the bottoms."""
        if self._before:
            self._before -= 1
            return self._run(self._eager, given)
        if self._clock.number is not None:
            given = (*given, self._clock.number)
        if self._operation is not None:
            return self._attempt(given)
        begun = time.monotonic()
        tops = self._attempt(given)
        if self._operation != self._eagerly:
            name = self._graph.name
            log.info("%s net '%s' in %.1f s", _CALLED[self._engine][1], name, time.monotonic() - begun)
        return tops

    def _attempt(self, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        try:
            if self._operation is None:
                self._operation = self._made(given)
            return self._operation(*given)
        except Exception as error:
            if self._operation == self._eagerly:
                raise
            tops = self._eagerly(*given)  # raises what isn't the fault of a compiler or recorder
            self._operation = self._eagerly
            cause = getattr(error, "inner_exception", error)  # torch's compiler wraps what went wrong
            reason = str(cause).strip().partition("\n")[0] or type(cause).__name__
            log.warning(
                "engine: %s: torch could not %s the net, which runs layer by layer: %s",
                *(self._engine, _CALLED[self._engine][0], reason),
            )
            return tops

    def _made(self, given: tuple[Tensor, ...]) -> Pass:
        def whole(*given: Tensor) -> tuple[Tensor, ...]:
            return self._run(self._plan, given)

        if self._engine == "GRAPH":
            return _recorded(whole, self._plan, given)
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


class _Recordable(nn.Module):
    """A pass with the params that it reads, as torch's recorder wants it."""

    def __init__(self, whole: Pass, plan: Plan) -> None:
        super().__init__()
        params = {id(p): p for step in plan.steps for p in step.layer.parameters() if p.requires_grad}
        self.params = nn.ParameterList(params.values())
        self.whole = whole

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        """Run the pass."""
        return self.whole(*given)


def _recorded(whole: Pass, plan: Plan, given: tuple[Tensor, ...]) -> Pass:
    """A pass and its backward pass as CUDA graphs, which copy what they are given to fixed addresses."""
    samples = tuple(tensor.clone() for tensor in given)
    with _carried_kept(plan):
        recorded = torch.cuda.make_graphed_callables(
            _Recordable(whole, plan), samples, num_warmup_iters=_EAGER_PASSES, allow_unused_input=True
        )
    return cast(Pass, recorded)


@contextmanager
def _carried_kept(plan: Plan) -> Iterator[None]:
    """A block that leaves what layers carry from pass to pass as it was."""
    layers = [step.layer for step in plan.steps]
    carried = [buffer for layer in layers for buffer in layer.buffers()]
    carried += [
        blob.detach()
        for layer in layers
        for own, blob in zip(layer.own_params, layer.blobs, strict=True)
        if not own.learns
    ]
    before = [tensor.clone() for tensor in carried]
    try:
        yield
    finally:
        for tensor, value in zip(carried, before, strict=True):
            tensor.copy_(value)


def _unexplained(error: Exception, layer: Layer, bottoms: Sequence[Tensor | None]) -> None:
    """Leave an error as it is."""
