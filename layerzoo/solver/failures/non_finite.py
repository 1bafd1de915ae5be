"""When a loss or gradient becomes NaN or infinite: find where, keep the evidence, say what to try."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import torch

from layerzoo.atomic import write_atomic
from layerzoo.engine.diagnosis import Diagnosis, Finding, Statistics
from layerzoo.engine.eager import Eager
from layerzoo.engine.guard import Guard, carried_tensors
from layerzoo.errors import LayerzooError, NonFiniteError
from layerzoo.log import number
from layerzoo.optimizer import UpdateRule
from layerzoo.schema import NonFiniteParameter
from layerzoo.weights import save

if TYPE_CHECKING:
    from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")

_INTERVAL = 100
"""Iterations between two looks where neither ``interval`` nor ``display`` says."""
_LARGE = 16.0
"""Data beyond this is unlikely to be meant; images go up to 255."""
_SHOWN_SAMPLES = 8


def make_guard(solver: Solver, engine: Eager, deferred: bool | None = None) -> Guard | None:
    """The guard of a solver's engine; None where there is nothing to look at.

    Args:
        solver: its net, rule and config.
        engine: its engine.
        deferred: look rarely, as on a GPU; None lets device and config decide.
    """
    param, scale = solver.param.non_finite_param, engine.scale
    ignored = param.action == NonFiniteParameter.IGNORE
    if ignored and scale is None and solver.device.type == "cpu":
        return None
    keeper = _Keeper(solver)
    interval = param.interval or solver.param.display or _INTERVAL

    def found(iteration: int) -> NoReturn:
        _stop(solver, keeper.replay(iteration) if guard.deferred else iteration)

    guard = Guard(solver.net, param, scale, found, interval, deferred)
    if guard.deferred and not ignored:
        guard.looked = keeper.take
    return guard


def fit_to_save(solver: Solver) -> bool:
    """Whether the params are finite in every process, so that a snapshot of them is worth writing.

    Returns:
        False, after a warning, where they are not and the config says to ignore it.

    Raises:
        NonFiniteError: they are not.
        DataError: a label was out of range.
    """
    guard = solver.engine.guard
    if guard is not None:
        guard.look(solver.iteration)
    norms = torch._foreach_norm([p.detach() for p in solver.net.learnable])
    finite = not norms or bool(torch.stack(norms).isfinite().all())
    if not solver.ranks.bitwise_or(not finite):
        return True
    if solver.param.non_finite_param.action != NonFiniteParameter.IGNORE:
        _stop(solver, solver.iteration)
    log.warning(
        "Iteration %d: params are not finite; no snapshot is written over good ones", solver.iteration
    )
    return False


class _Keeper:
    """Keeps the state of the last good look, so that what came after can be run again."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.iteration: int | None = None
        self._state: list[torch.Tensor] = []

    def take(self, iteration: int) -> None:
        """Note the state before the update of an iteration; in the machine's memory, not the GPU's."""
        self.iteration = iteration
        self._state = [tensor.detach().cpu().clone() for tensor in self._tensors()]

    @torch.no_grad()
    def replay(self, iteration: int) -> int:
        """Go back, and forth again up to the first iteration that is not finite.

        Returns:
            that iteration, before whose update the run now stands; ``iteration`` where none was found.
        """
        engine, rule = self.solver.engine, self.solver.rule
        if self.iteration is None or not isinstance(rule, UpdateRule):
            return iteration
        for tensor, kept in zip(self._tensors(), self._state, strict=True):
            tensor.copy_(kept)
        for again in range(self.iteration, iteration + 1):
            with torch.enable_grad():
                loss = engine.gradients(again)
            grads = [p.grad for p in self.solver.net.learnable if p.grad is not None]
            if not math.isfinite(float(loss + torch.stack(torch._foreach_norm(grads)).sum())):
                return again
            rule.step(self.solver.policy.rate(again), again)
        return iteration

    def _tensors(self) -> list[torch.Tensor]:
        net = self.solver.net
        carried = carried_tensors(net)
        return [*(p.detach() for p in net.learnable), *self.solver.rule.history, *carried]


def _stop(solver: Solver, iteration: int) -> NoReturn:
    """Look for the place, save what there is, and end; of several processes the first that finds one tells.

    Raises:
        NonFiniteError: always.
    """
    ranks, diagnosis = solver.ranks, _diagnose(solver, iteration)
    found = ranks.from_main(ranks.gather(diagnosis.finding is not None))
    teller, saved_at = found.index(True) if any(found) else 0, ranks.from_main(solver.saver.saved_at)
    lines = _tell(solver, iteration, diagnosis, saved_at) if ranks.rank == teller else []
    raise NonFiniteError("\n".join(ranks.from_main(ranks.gather(lines))[teller]))


def _tell(solver: Solver, iteration: int, diagnosis: Diagnosis, saved_at: int | None) -> list[str]:
    """Save what there is, and say it in lines."""
    finding, ranks = diagnosis.finding, solver.ranks
    where = f" in process {ranks.rank} of {ranks.count}" if finding is not None and ranks.count > 1 else ""
    lines = [f"iteration {iteration}{where}: a loss, gradient or param is NaN or infinite"]
    if finding is None:
        lines.append("run again, the iteration was finite: it can't be said where it began")
    else:
        lines.append(f"first: {finding.what}: {finding.statistics}")
        lines += [f"  {name}: {statistics}" for name, statistics in finding.around.items()]
    lines += [f"try: {advice}" for advice in _advice(solver, iteration, diagnosis)]
    if saved_at is not None:
        lines.append(f"the last snapshot is of iteration {saved_at}; -resume auto goes on from it")
    if solver.param.non_finite_param.save:
        folder = solver.run_path / f"nonfinite_iter_{iteration}"
        try:
            _save(solver, diagnosis, folder, lines)
            lines.append(f"batch, params and statistics of every layer: {folder}")
        except (OSError, LayerzooError) as error:
            log.warning("%s can't be written: %s", folder, error)
    return lines


def _diagnose(solver: Solver, iteration: int) -> Diagnosis:
    """Run an iteration again; of several passes the first that is not finite, else the last."""
    engine, net = solver.engine, solver.net
    scale = 1.0 if engine.scale is None else engine.scale.value
    carried = carried_tensors(solver.net)
    before = [tensor.clone() for tensor in carried]
    for param in solver.net.learnable:
        if param.grad is not None:
            param.grad.zero_()  # Python layers add to it
    net.clock.iteration = iteration
    for part in range(engine.iter_size):
        diagnosis = Diagnosis(net, net.fetch(iteration * engine.iter_size + part), scale)
        if diagnosis.finding is not None:
            break
    with torch.no_grad():
        for tensor, old in zip(carried, before, strict=True):
            tensor.copy_(old)
    return diagnosis


def _save(solver: Solver, diagnosis: Diagnosis, folder: Path, lines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    solver.net.save_weights(folder / "weights.safetensors")
    if diagnosis.batch:
        save({name: [blob] for name, blob in diagnosis.batch.items()}, folder / "batch.safetensors")
    write_atomic(folder / "report.txt", "\n".join([*lines, "", *diagnosis.report(), ""]))


def _advice(solver: Solver, iteration: int, diagnosis: Diagnosis) -> list[str]:
    """What may help, the likeliest first."""
    param, finding = solver.param, diagnosis.finding
    if finding is not None and finding.kind == "data":
        return [_look_at_data(finding)]
    advice = []
    if finding is not None and finding.kind == "param":
        advice.append("other weights to start from, if these were read from a file")
    for name, blob in diagnosis.batch.items():
        data = Statistics.of(blob)
        if blob.dim() > 1 and max(-data.low, data.high) > _LARGE:
            advice.append(
                f"smaller data: '{name}' runs from {number(data.low)} to {number(data.high)}; "
                "transform_param.scale or a mean brings it near 1"
            )
    rate = solver.policy.rate(iteration)
    advice.append(f"a lower base_lr, e.g. {number(param.base_lr / 10)} (the rate was {number(rate)})")
    if param.clip_gradients < 0:
        advice.append("clip_gradients, e.g. 10")
    if not param.HasField("warmup_param"):
        advice.append("warmup_param, where it happens early")
    if solver.engine.scale is not None:
        advice.append("precision: BF16, which has FP32's range")
    return advice


def _look_at_data(finding: Finding) -> str:
    shown = ", ".join(map(str, finding.samples[:_SHOWN_SAMPLES]))
    more = ", ..." if len(finding.samples) > _SHOWN_SAMPLES else ""
    return f"a look at the source of layer '{finding.layer}': samples {shown}{more} of this batch (from 0)"
