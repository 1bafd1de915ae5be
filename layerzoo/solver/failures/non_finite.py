"""Locate a NaN or infinite loss or gradient, save a report, and suggest fixes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import torch

from layerzoo.atomic import write_atomic
from layerzoo.engine.diagnosis import Diagnosis, Finding
from layerzoo.engine.engine import Engine
from layerzoo.engine.observers.guard import Guard, carried_tensors
from layerzoo.engine.sharded_gradients import ShardedGradients
from layerzoo.engine.statistics import Statistics
from layerzoo.errors import LayerzooError, NonFiniteError
from layerzoo.log import number
from layerzoo.optimizer import FullBatchRule
from layerzoo.schema import NonFiniteParameter, SolverParameter
from layerzoo.weights import save

log = logging.getLogger("layerzoo")

_INTERVAL = 100
"""Iterations between two checks if neither ``interval`` nor ``display`` is set."""
_LARGE = 16.0
"""Larger data are likely a mistake; raw images go up to 255."""
_SHOWN_SAMPLES = 8


class NonFiniteHandler:
    """Locates the first NaN or infinity of a run, saves a report, and ends the run.

    Args:
        param: the solver's config.
        engine: the engine of the run.
        rate: the learning rate by iteration.
        folder: the run's folder.
        saved_at: returns the iteration of the last snapshot; None without one.
    """

    def __init__(
        self,
        param: SolverParameter,
        engine: Engine,
        rate: Callable[[int], float],
        folder: Path,
        saved_at: Callable[[], int | None],
    ) -> None:
        self.param = param
        self.engine = engine
        self.rate = rate
        self.folder = folder
        self.saved_at = saved_at

    def make_guard(self, deferred: bool | None = None) -> Guard | None:
        """A guard for the engine; None if there is nothing to check.

        Args:
            deferred: check rarely, as on a GPU; None lets device and config decide.
        """
        net, param, scale = self.engine.net, self.param.non_finite_param, self.engine.scale
        ignored = param.action == NonFiniteParameter.IGNORE
        if ignored and scale is None and net.device.type == "cpu":
            return None
        replay = _Replay(self.engine, self.rate, lambda: self.make_guard(deferred=False))
        interval = param.interval or self.param.display or _INTERVAL

        def found(iteration: int) -> NoReturn:
            again = guard.deferred and not isinstance(self.engine.sync, ShardedGradients)
            self.stop(replay.run(iteration) if again else iteration)

        sync = self.engine.sync
        guard = Guard(net, param, scale, found, interval, deferred, sync.held, sync.agreed)
        if guard.deferred and not ignored and not isinstance(sync, ShardedGradients):
            guard.looked = replay.keep
        return guard

    def admits_snapshot(self, iteration: int) -> bool:
        """Whether the params are finite in every process, so that a snapshot may be written.

        Returns:
            False, after a warning, if they are not finite and the config ignores it.

        Raises:
            NonFiniteError: the params are not finite.
            DataError: a label was out of range.
        """
        engine = self.engine
        if engine.guard is not None:
            engine.guard.look(iteration)
        norms = torch._foreach_norm([p.detach() for p in engine.sync.held])
        finite = not norms or bool(torch.stack(norms).isfinite().all())
        if not engine.sync.ranks.bitwise_or(not finite):
            return True
        if self.param.non_finite_param.action != NonFiniteParameter.IGNORE:
            self.stop(iteration)
        log.warning("Iteration %d: params are not finite; no snapshot is written", iteration)
        return False

    def stop(self, iteration: int) -> NoReturn:
        """Find the first blob that is not finite, save a report, and end the run.

        With several processes, the first that finds such a blob writes the report.

        Raises:
            NonFiniteError: always.
        """
        if isinstance(self.engine.sync, ShardedGradients):
            raise NonFiniteError("\n".join(self._report_of_parts(iteration)))
        ranks, diagnosis = self.engine.sync.ranks, self._diagnose(iteration)
        found = ranks.from_main(ranks.gather(diagnosis.finding is not None))
        reporter, saved_at = found.index(True) if any(found) else 0, ranks.from_main(self.saved_at())
        lines = self._report(iteration, diagnosis, saved_at) if ranks.rank == reporter else []
        raise NonFiniteError("\n".join(ranks.from_main(ranks.gather(lines))[reporter]))

    def _report_of_parts(self, iteration: int) -> list[str]:
        """The lines of the error message where processes hold parts of the params."""
        rate, base = self.rate(iteration), self.param.base_lr
        saved_at = self.engine.sync.ranks.from_main(self.saved_at())
        lines = [
            f"iteration {iteration}: a loss, gradient or param is NaN or infinite",
            "the origin isn't looked for, since processes hold parts of the params (sharding: FULL)",
            f"try: a lower base_lr, e.g. {number(base / 10)} (the rate was {number(rate)})",
        ]
        if saved_at is not None:
            lines.append(f"the last snapshot is of iteration {saved_at}; -resume auto continues from it")
        return lines

    def _report(self, iteration: int, diagnosis: Diagnosis, saved_at: int | None) -> list[str]:
        """Save the report; returns the lines of the error message."""
        finding, ranks = diagnosis.finding, self.engine.sync.ranks
        where = (
            f" in process {ranks.rank} of {ranks.count}" if finding is not None and ranks.count > 1 else ""
        )
        updates = self.engine.updates
        of = "" if updates is None else f", update '{updates.current[0].name}'"
        lines = [f"iteration {iteration}{of}{where}: a loss, gradient or param is NaN or infinite"]
        if finding is None:
            lines.append("the iteration was finite when it was run again: the origin is unknown")
        else:
            lines.append(f"first: {finding.what}: {finding.statistics.describe()}")
            lines += [f"  {name}: {statistics.describe()}" for name, statistics in finding.around.items()]
        lines += [f"try: {advice}" for advice in self._advice(iteration, diagnosis)]
        if saved_at is not None:
            lines.append(f"the last snapshot is of iteration {saved_at}; -resume auto continues from it")
        if self.param.non_finite_param.save:
            folder = self.folder / f"nonfinite_iter_{iteration}"
            try:
                self._save(diagnosis, folder, lines)
                lines.append(f"batch, params and statistics of every layer: {folder}")
            except (OSError, LayerzooError) as error:
                log.warning("%s can't be written: %s", folder, error)
        return lines

    def _diagnose(self, iteration: int) -> Diagnosis:
        """Run an iteration again; diagnose its first pass that is not finite, else the last."""
        engine, net = self.engine, self.engine.net
        scale = 1.0 if engine.scale is None else engine.scale.value
        carried = carried_tensors(net)
        before = [tensor.clone() for tensor in carried]
        for param in net.learnable:
            if param.grad is not None:
                param.grad.zero_()  # Python layers add to their gradients
        net.clock.iteration = iteration
        ran = net if engine.updates is None else engine.updates.current[0].net
        for feed in engine.feeds_again(iteration):
            diagnosis = Diagnosis(ran, feed, scale)
            if diagnosis.finding is not None:
                break
        with torch.no_grad():
            for tensor, old in zip(carried, before, strict=True):
                tensor.copy_(old)
        return diagnosis

    def _save(self, diagnosis: Diagnosis, folder: Path, lines: list[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.engine.net.save_weights(folder / "weights.safetensors")
        if diagnosis.batch:
            save({name: [blob] for name, blob in diagnosis.batch.items()}, folder / "batch.safetensors")
        write_atomic(folder / "report.txt", "\n".join([*lines, "", *diagnosis.report(), ""]))

    def _advice(self, iteration: int, diagnosis: Diagnosis) -> list[str]:
        """Suggested fixes, the likeliest first."""
        param, finding = self.param, diagnosis.finding
        if finding is not None and finding.kind == "data":
            return [_look_at_data(finding)]
        advice = []
        if finding is not None and finding.kind == "param":
            advice.append("other initial weights, if these were loaded from a file")
        for name, blob in diagnosis.batch.items():
            data = Statistics.of(blob)
            if blob.dim() > 1 and max(-data.low, data.high) > _LARGE:
                advice.append(
                    f"smaller data: '{name}' ranges from {number(data.low)} to {number(data.high)}; "
                    "scale it to about 1 with transform_param.scale or a mean"
                )
        rate, base, clipped = self.rate(iteration), param.base_lr, param.clip_gradients >= 0
        if self.engine.updates is not None:
            member = self.engine.updates.current[0].member
            base, rate = float(member.rate(base)), float(member.rate(rate))
            clipped = member.plan.settings.clip_gradients >= 0
        advice.append(f"a lower base_lr, e.g. {number(base / 10)} (the rate was {number(rate)})")
        if not clipped:
            advice.append("clip_gradients, e.g. 10")
        if not param.HasField("warmup_param"):
            advice.append("warmup_param, if it happens early")
        if self.engine.scale is not None:
            advice.append("precision: BF16, which has the range of FP32")
        return advice


class _Replay:
    """Keeps the state of the last successful check, so that the iterations since can be run again.

    Args:
        engine: the engine of the run.
        rate: the learning rate by iteration.
        immediate: makes a guard that ends the run at the first update that is not finite.
    """

    def __init__(
        self, engine: Engine, rate: Callable[[int], float], immediate: Callable[[], Guard | None]
    ) -> None:
        self.engine = engine
        self.rate = rate
        self.immediate = immediate
        self.iteration: int | None = None
        self._state: list[torch.Tensor] = []

    def keep(self, iteration: int) -> None:
        """Copy the state before the update of an iteration to host memory."""
        self.iteration = iteration
        self._state = [tensor.detach().cpu().clone() for tensor in self._tensors()]

    @torch.no_grad()
    def run(self, iteration: int) -> int:
        """Restore the kept state, and run up to the first iteration that is not finite.

        Returns:
            that iteration, whose update has not been made; ``iteration`` if all are finite.
        """
        engine, rule = self.engine, self.engine.rule
        if self.iteration is None or isinstance(rule, FullBatchRule):
            return iteration
        for tensor, kept in zip(self._tensors(), self._state, strict=True):
            tensor.copy_(kept)
        if engine.updates is not None:
            engine.guard = self.immediate()
            with torch.enable_grad():
                for again in range(self.iteration, iteration + 1):
                    engine.train_step(again, self.rate(again))
            return iteration
        for again in range(self.iteration, iteration + 1):
            with torch.enable_grad():
                loss = engine.gradients(again)
            grads = [p.grad for p in engine.net.learnable if p.grad is not None]
            if not math.isfinite(float(loss + torch.stack(torch._foreach_norm(grads)).sum())):
                return again
            rule.step(self.rate(again), again)
        return iteration

    def _tensors(self) -> list[torch.Tensor]:
        net = self.engine.net
        return [*(p.detach() for p in net.learnable), *self.engine.rule.history, *carried_tensors(net)]


def _look_at_data(finding: Finding) -> str:
    shown = ", ".join(map(str, finding.samples[:_SHOWN_SAMPLES]))
    more = ", ..." if len(finding.samples) > _SHOWN_SAMPLES else ""
    return f"checking the source of layer '{finding.layer}': samples {shown}{more} of this batch (from 0)"
