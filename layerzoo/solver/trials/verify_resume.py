"""Prove on a user's own net and data that a resumed run equals an undisturbed one, bit for bit."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from layerzoo.errors import ConfigError
from layerzoo.loader import Document, load_solver
from layerzoo.optimizer import passes_of_iteration
from layerzoo.schema import SolverParameter
from layerzoo.seeds import fresh_seed, stable_seed
from layerzoo.snapshot import Snapshot, read_snapshot
from layerzoo.solver.callbacks.hashes import digest
from layerzoo.solver.config.checking import Checked, check_solver
from layerzoo.solver.trials.likely_reason import likely_reason
from layerzoo.solver.trials.run_hashes import Difference, Kind, RunHashes
from layerzoo.solver.trials.source_settings import NotPossibleError, SourceSettings
from layerzoo.solver.trials.training_runs import TrainingFailedError, TrainingRuns

FEWEST: Final = 3
"""The fewest iterations that hold two snapshots, each followed by a kill."""
_WORKERS: Final = 2
_TEST_BATCHES: Final = 2
"""Batches of a test at most: tests only have to move the places in the test sets."""


@dataclass(frozen=True)
class Compared:
    """What was compared of one run with the undisturbed one.

    Attributes:
        run: the run.
        what: what was compared, with its number.
        difference: the first difference; empty if all bits are equal.
        left_out: why it was not compared; empty if it was.
    """

    run: str
    what: str
    difference: str = ""
    left_out: str = ""

    @property
    def result(self) -> str:
        """In words."""
        return f"not compared: {self.left_out}" if self.left_out else self.difference or "equal"


class ResumeCheck:
    """Trains a few iterations undisturbed, killed and resumed, with other processes; compares.

    Args:
        document: the solver.
        checked: its nets.
        runs: starts the runs.
        iterations: length of each run, at least `FEWEST`.
        level, stages: added to the training net's state, as in the runs.

    Attributes:
        seed: the seed of the runs, and of the iterations after which they are killed.
        kills: the numbers of updates after which the process is killed.
        reasons: for each run that differs, what differs first, and the likely reason.
    """

    def __init__(
        self,
        document: Document[SolverParameter],
        checked: Checked,
        runs: TrainingRuns,
        iterations: int = 8,
        level: int = 0,
        stages: Sequence[str] = (),
    ) -> None:
        param = document.message
        self.seed = param.random_seed if param.random_seed >= 0 else fresh_seed()
        self.iterations, self._every = iterations, max(1, iterations // FEWEST)
        draw = random.Random(stable_seed(self.seed, "kills"))
        # each kill is after a snapshot, and before the next one is written
        self.kills = [draw.randint(each * self._every + 1, (each + 1) * self._every) for each in (1, 2)]
        self.reasons: list[tuple[str, str]] = []
        self._document, self._checked, self._runs = document, checked, runs
        self._level, self._stages = level, stages
        self._sources = SourceSettings(document, checked.train)
        self._settings = [*self._common(), *self._own_workers()]
        self._straight = RunHashes([])

    def undisturbed(self) -> None:
        """Make the run that all others are compared with.

        Raises:
            LayerzooError: it fails, or takes too long.
        """
        (file,) = self._runs.train("undisturbed", "run", self._settings)
        self._straight = self._read(file)

    def resumed(self) -> list[Compared]:
        """Kill a run twice, each time after a snapshot, and let it continue."""
        run = f"killed after {' and '.join(map(str, self.kills))}, resumed"
        return self._compared(run, "killed", self._killed, self._killed_parts())

    def with_other_workers(self) -> list[Compared]:
        """Run with another number of data processes."""
        count = 0 if self._sources.own_workers() else _WORKERS
        run = f"{count} data processes instead of {self._sources.own_workers()}"
        try:
            settings = [*self._settings, *self._checked_settings(self._sources.workers(count))]
        except NotPossibleError as error:
            return [Compared(run, "samples", left_out=str(error))]

        def train(name: str, *flags: str) -> list[Path]:
            return self._runs.train(name, "run", settings, flags)

        return self._compared(run, "workers", train, ["run"])

    def in_processes(self, count: int) -> list[Compared]:
        """Train in several processes, each with its share of every batch; compare the samples.

        The sums of gradients are added in another order, so weights are equal up to rounding only.
        """
        run = f"{count} processes that train together"
        if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
            return [Compared(run, "samples", left_out="torch was built without gloo")]
        try:
            shares = self._checked_settings(self._sources.shares(count))
        except NotPossibleError as error:
            return [Compared(run, "samples", left_out=str(error))]
        try:
            files = self._runs.train("processes", "run", [*self._settings, *shares], processes=count)
        except TrainingFailedError as error:
            return [Compared(run, "samples", left_out=f"with batches of this size {error}")]
        layers = [spec.name for spec in self._sources.layers]
        number, difference = self._straight.of_split([self._read(file) for file in files], layers)
        if difference is not None:
            self._explain(run, difference, resumed=False)
        elif not number:
            return [Compared(run, "samples", left_out="no top has a row for each sample")]
        return [Compared(run, f"samples ({number:,})", str(difference or ""))]

    def _common(self) -> list[str]:
        """The settings of all runs: short, with snapshots, the same seed, and nothing published."""
        param, every = self._document.message, self._every
        settings = [f"max_iter={self.iterations}", f"snapshot={every}", "snapshot_after_train=true"]
        settings.append(f"random_seed={self.seed}")
        settings += ['publish=""'] if param.publish else []
        settings += [f"{name}=0" for name in ("max_time", "max_epoch", "test_epoch") if getattr(param, name)]
        if self._checked.test and (param.test_interval or param.test_epoch):
            counts = [min(count or _TEST_BATCHES, _TEST_BATCHES) for _, count in self._checked.test]
            settings += [f"test_interval={every}", f"test_iter=[{', '.join(map(str, counts))}]"]
        return settings

    def _own_workers(self) -> list[str]:
        """Pin the number of data processes, which training would otherwise choose by its speed."""
        try:
            return self._checked_settings(self._sources.workers(self._sources.own_workers()))
        except NotPossibleError:
            return []

    def _checked_settings(self, settings: list[str]) -> list[str]:
        """Settings with which the config has no faults.

        Raises:
            NotPossibleError: it has.
        """
        path = self._document.path
        if path is None:
            return settings
        try:
            check_solver(load_solver(path, [*self._runs.overrides, *settings]), self._level, self._stages)
        except ConfigError as error:
            first = str(error).partition("\n")[0]
            raise NotPossibleError(f"with other settings of the data layers {first}") from None
        return settings

    def _killed_parts(self) -> list[str]:
        return [f"life{place}" for place in range(len(self.kills) + 1)]

    def _killed(self, name: str, *flags: str) -> list[Path]:
        files = []
        for life, kill in zip(self._killed_parts(), [*self.kills, 0], strict=True):
            given = [*flags, *([] if life == "life0" else ["-snapshot=auto"])]
            given += [f"-kill_at={kill}"] if kill else []
            files += self._runs.train(name, life, self._settings, given, killed=bool(kill))
        return files

    def _compared(
        self, run: str, name: str, train: Callable[..., list[Path]], lives: Sequence[str]
    ) -> list[Compared]:
        """Make a run, and compare all that it leaves with the undisturbed one."""
        parts = [self._read(file) for file in train(name)]
        found, before = self._differences(self._straight, parts)
        own, other = (self._snapshot(each) for each in ("undisturbed", name))
        ends = {
            "weights": _first_of(_weights(own), _weights(other)),
            "history": _first_of(_numbered(own.history), _numbered(other.history)),
        }
        states = _first_of(_states(own), _states(other))
        counts: dict[Kind, str] = {
            "samples": f"{sum(part.batches for part in parts):,} batches",
            "loss": f"{sum(len(part.updates) for part in parts):,} iterations",
            "weights": f"{len(_weights(own)):,} blobs",
            "history": f"{len(own.history):,} blobs",
        }
        rows = []
        for kind, count in counts.items():
            shown = str(found[kind]) if kind in found else ends.get(kind) or ""
            rows.append(Compared(run, f"{kind} ({count})", shown))
        names = ", ".join(sorted(other.parts))
        rows.append(Compared(run, f"state ({names})", states))
        if any(row.difference for row in rows):
            first = min(found.values(), key=lambda each: each.iteration, default=None)
            self._diagnose(run, name, train, first, before)
        return rows

    def _differences(
        self, straight: RunHashes, parts: Sequence[RunHashes]
    ) -> tuple[dict[Kind, Difference], bool]:
        """The first difference of each kind, and whether there is one before the first kill."""
        found: dict[Kind, Difference] = {}
        before = False
        for place, part in enumerate(parts):
            new = straight.differences(part)
            before = before or (bool(new) and not place)
            found = {**new, **found}
        return found, before

    def _diagnose(
        self,
        run: str,
        name: str,
        train: Callable[..., list[Path]],
        first: Difference | None,
        before: bool,
    ) -> None:
        """Find the layer: run again with the hashes of what each layer computes."""
        if first is None or first.kind != "samples":
            (file,) = self._runs.train("undisturbed-layers", "run", self._settings, ["-hash_layers"])
            straight = self._read(file)
            for place, part in enumerate(map(self._read, train(f"{name}-layers", "-hash_layers"))):
                if new := straight.differences(part):
                    first, before = next(iter(new.values())), not place
                    break
        if first is None:
            self.reasons.append((run, "all iterations are equal; only what the last snapshot holds differs"))
        else:
            self._explain(run, first, resumed=name == "killed" and not before)

    def _explain(self, run: str, first: Difference, resumed: bool) -> None:
        reason = likely_reason(first, self._checked.train, resumed=resumed)
        self.reasons.append((f"{run}: {first}", reason))

    def _read(self, file: Path) -> RunHashes:
        return RunHashes.read(file, passes_of_iteration(self._document.message))

    def _snapshot(self, name: str) -> Snapshot:
        return read_snapshot(Path(f"{self._runs.prefix(name)}.run") / f"iter_{self.iterations}")


def _weights(snapshot: Snapshot) -> dict[str, str]:
    weights = {f"layer '{layer}'": blobs for layer, blobs in snapshot.weights.items()}
    means = {f"layer '{layer}', averaged": blobs for layer, blobs in snapshot.means.items()}
    return {
        f"{layer}: blob {place}": digest(blob)
        for layer, blobs in (weights | means).items()
        for place, blob in enumerate(blobs)
    }


def _numbered(tensors: Sequence[Tensor]) -> dict[str, str]:
    return {f"blob {place}": digest(tensor) for place, tensor in enumerate(tensors)}


def _states(snapshot: Snapshot) -> dict[str, Any]:
    """The values of the parts by name, and the score."""
    found: dict[str, Any] = {"score": repr(snapshot.score)}
    for part, state in snapshot.parts.items():
        for name, value in state.items():
            # repr tells all floats apart, and a NaN equals itself
            found[f"{part}: {name}"] = digest(value) if isinstance(value, Tensor) else repr(value)
    return found


def _first_of(own: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """The first name whose values differ; empty if all are equal."""
    names = [*own, *(name for name in other if name not in own)]
    return next((name for name in names if own.get(name) != other.get(name)), "")
