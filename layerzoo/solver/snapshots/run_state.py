"""The complete state of a run: capture it into a snapshot, restore it from one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from layerzoo.blobs.named import NamedBlobs
from layerzoo.blobs.rows import rows_of
from layerzoo.data.described_sets import class_names
from layerzoo.data.fitted import fitted_text
from layerzoo.engine.sharding import Shards
from layerzoo.errors import SnapshotError, WeightsError
from layerzoo.loader import emit
from layerzoo.net import Net
from layerzoo.optimizer import AnyRule, EvaluatedWeights, RuleSet
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter
from layerzoo.snapshot import (
    CaffeState,
    Snapshot,
    find_learned_net,
    find_newest,
    list_snapshots,
    read_snapshot,
    read_state,
)
from layerzoo.solver.learning_rate import LearningRate
from layerzoo.solver.snapshots.caffe_files import CaffeFiles
from layerzoo.solver.snapshots.parts import Part, load_means, means_by_layer, stored_means
from layerzoo.solver.snapshots.run_weights import load_run_weights, run_message, run_weights
from layerzoo.solver.train_state import TrainState
from layerzoo.state_fields import check_state
from layerzoo.version import __version__

log = logging.getLogger("layerzoo")

_STATE_SUFFIXES = (".solverstate", ".solverstate.h5")
_BEFORE: Mapping[str, Mapping[str, Any]] = {"execution": {"channels_last": False, "fuse": False}}
"""States of parts in snapshots of versions that didn't have them: how these versions ran."""
_WEIGHT_SUFFIXES = (".caffemodel", ".caffemodel.h5", ".safetensors", ".h5")


@dataclass
class RunState:
    """The state of a run: weights, history, averaged params and named parts.

    A snapshot keeps ``state_dict()`` of each part under its name. A part that is missing or empty in a
    snapshot is left unchanged; one that is missing in the run is ignored.

    Attributes:
        param: the solver's config.
        net: the training net.
        test_nets: the test nets.
        rule: its update rule.
        average: averaged params, if ``ema_param`` is set.
        train: the progress of the loop.
        lr: the learning rate.
        parts: further parts by name, in addition to ``train`` and ``lr_policy``.
        ranks: the processes that train together.
        shards: the parts of the params that this process holds; None where it holds whole ones.
        untested: the test of the params that were restored is still due.
    """

    param: SolverParameter
    net: Net
    test_nets: Sequence[Net]
    rule: AnyRule
    average: EvaluatedWeights | None
    train: TrainState
    lr: LearningRate
    parts: Mapping[str, Part]
    ranks: Ranks
    shards: Shards | None = None
    untested: bool = False

    @cached_property
    def class_names(self) -> list[str]:
        """The names of the classes that the net tells apart; empty if its data has none."""
        return class_names(self.net.graph)

    @cached_property
    def inputs(self) -> str:
        """The data layer with what it learned from its source; empty if the net has none of such a type."""
        return fitted_text(self.net.graph, self.test_nets[0].graph if self.test_nets else None)

    @property
    def config(self) -> str:
        """The solver's resolved config."""
        return emit(self.param, "prototxt")

    @property
    def snapshot_bytes(self) -> int:
        """The size of a snapshot's tensors, with those of Caffe's files if ``snapshot_format`` is set."""
        weights = [blob for blobs in run_weights(self.net, self.test_nets).values() for blob in blobs]
        history = sum(blob.nbytes for blob in self.rule.history)
        size = sum(blob.numel() * blob.element_size() for blob in weights)
        size += history if self.shards is None else history * self.ranks.count
        if self.param.HasField("snapshot_format"):
            size *= 2
        return size + (sum(blob.nbytes for blob in weights) if self.average is not None else 0)

    def capture(self) -> Snapshot:
        """The state as a snapshot; all processes have to call it together."""
        parts = {name: part.state_dict() for name, part in self._all_parts().items()}
        score = parts.get("score", {}).get("last")
        return replace(self.weights_only(), history=self.rule.history, parts=parts, score=score)

    def weights_only(self) -> Snapshot:
        """The weights, and the averaged params, as a snapshot without history and parts.

        Where processes hold parts of the params, all have to call it together.
        """
        weights = run_weights(self.net, self.test_nets)
        return Snapshot(
            iteration=self.train.iteration,
            solver_type=self.rule.type_name,
            weights=weights if self.shards is None else self.shards.gathered(weights),
            means=means_by_layer(self.average, self.net, self.test_nets),
            publish_means=self.average is not None and self.param.ema_param.publish,
            config=self.config,
            processes=self.ranks.count,
            versions={"layerzoo": __version__, "torch": torch.__version__},
            class_names=self.class_names,
            inputs=self.inputs,
        )

    def restore(self, path: str | Path) -> Path:
        """Resume from a snapshot: native, or Caffe's in either format.

        Args:
            path: a native snapshot or a run's folder; a ``.solverstate`` or ``.solverstate.h5``.

        Returns:
            the path of the snapshot.

        Raises:
            SnapshotError: it is missing, damaged, or belongs to another net or type of solver.
        """
        path = Path(path)
        if path.is_dir():
            path = path if (path / "state.json").exists() else self.find_newest(path) or path
        elif path.name == "state.json":
            path = path.parent
        if path.is_dir():
            self._restore_native(read_snapshot(path, None if self.shards is None else self._rows), path)
        else:
            self._restore_caffe(path)
        log.info("Resuming from %s at iteration %d", path, self.train.iteration)
        return path

    def find_newest(self, folder: str | Path) -> Path | None:
        """The newest snapshot of a folder that can be read, None if there is no snapshot at all.

        Raises:
            SnapshotError: there are snapshots, but none can be read.
        """
        newest = find_newest(folder, self._check_text)
        if newest is None and (snapshots := list_snapshots(folder)):
            raise SnapshotError(
                f"{folder}: none of its {len(snapshots)} snapshots can be read; the warnings above say why. "
                "Repair one or restore a copy of it; to start from the beginning, move them away"
            )
        return newest

    def caffe_files(self, prefix: str) -> tuple[str, str]:
        """Weights and solver state of this iteration in Caffe's format."""
        suffix = ".h5" if self.param.snapshot_format == SolverParameter.HDF5 else ""
        stem = f"{prefix}_iter_{self.train.iteration}"
        return f"{stem}.caffemodel{suffix}", f"{stem}.solverstate{suffix}"

    def write_caffe(self, prefix: str) -> None:
        """Write ``PREFIX_iter_N.caffemodel`` and ``.solverstate``, or both as ``.h5``.

        Raises:
            OSError: they can't be written.
            SnapshotError: the weights for tests follow from those that train and the history.
        """
        self.caffe(prefix, run_weights(self.net, self.test_nets)).write(log.info)

    def caffe(self, prefix: str, weights: dict[str, NamedBlobs[Tensor]]) -> CaffeFiles:
        """What Caffe's files of this iteration hold; the tensors are those of the run.

        Args:
            prefix: prefix of the files.
            weights: the run's weights.

        Raises:
            SnapshotError: the weights for tests follow from those that train and the history.
        """
        if self.average is not None and not self.average.updates:
            raise SnapshotError(
                f"{self.rule.type_name} tests other weights than it trains, and Caffe's files have room for "
                "one set; layerzoo train writes native snapshots, with both"
            )
        path, state_path = self.caffe_files(prefix)
        step = self.lr.policy.current_step(self.train.iteration)
        plateau = self.lr.state_dict()
        least, event = plateau.get("least_loss"), plateau.get("last_event", 0)
        return CaffeFiles(
            hdf5=self.param.snapshot_format == SolverParameter.HDF5,
            weights=weights,
            diffs=self.net.param_places.gradients() if self.param.snapshot_diff else None,
            net=run_message(self.net, self.test_nets, weights),
            state=CaffeState(self.train.iteration, path, self.rule.history, step, least, event),
            state_path=state_path,
        )

    def _all_parts(self) -> dict[str, Part]:
        return {"train": self.train, "lr_policy": self.lr, **self.parts}

    def _restore_native(self, snapshot: Snapshot, path: Path) -> None:
        if snapshot.solver_type != self.rule.type_name:
            raise SnapshotError(
                f"{path} is of a solver of type {snapshot.solver_type}; this one is {self.rule.type_name}. "
                f"To start a new run from its weights: -weights {path / 'weights.safetensors'}"
            )
        # nothing of the run is changed before all is checked
        self._check_parts(snapshot.iteration, snapshot.parts, str(path))
        self.rule.check_history(snapshot.history)
        if self.average is not None:
            stored_means(self.average, self.net, snapshot.means)
        self._load(path / "weights.safetensors")
        self.rule.load_history(snapshot.history)
        if self.average is not None:
            load_means(self.average, self.net, snapshot.means)
        before: Mapping[str, Mapping[str, Any]] = {**_BEFORE, "samples": {"processes": snapshot.processes}}
        for name, part in self._all_parts().items():
            if state := snapshot.parts.get(name) or before.get(name):
                part.load_state_dict(state)
        self.untested = snapshot.score is None and "score" in self.parts
        self._warn_of_other_bits(snapshot)

    def _rows(self, index: int, shape: tuple[int, ...]) -> range | None:
        """The rows of a tensor of the history that this process holds.

        Raises:
            SnapshotError: it is of another net, or another rule.
        """
        assert self.shards is not None, "a process that holds whole tensors reads them"
        wanted = (
            self.shards.shape(index % len(self.shards.params)) if index < len(self.rule.history) else shape
        )
        if shape != wanted:
            raise SnapshotError(
                f"history blob {index} of the snapshot is {shape}; that of this run is {wanted}: was it "
                "taken with another net?"
            )
        split = self.shards.is_split(index % len(self.shards.params))
        return rows_of(shape[0], self.ranks.rank, self.ranks.count) if split else None

    def _check_text(self, text: Mapping[str, Any]) -> None:
        self._check_parts(text["iteration"], text["parts"], "state.json")

    def _check_parts(self, iteration: int, states: Mapping[str, Mapping[str, Any]], what: str) -> None:
        """Check the states that a snapshot has of the run's parts; an empty state is not loaded."""
        for name, part in self._all_parts().items():
            if states.get(name):
                check_state(states[name], part.fields, f"{what}: part '{name}'")
        if states.get("train", {}).get("iteration", iteration) != iteration:
            raise SnapshotError(f"{what}: its part 'train' is not of iteration {iteration}")

    def _restore_caffe(self, path: Path) -> None:
        if path.name.endswith(_WEIGHT_SUFFIXES) and not path.name.endswith(_STATE_SUFFIXES):
            raise SnapshotError(f"{path} holds weights only, no state of a solver{_state_beside(path)}")
        if isinstance(self.rule, RuleSet) and len(self.rule.members) > 1:
            raise SnapshotError(
                f"{path} holds the history of one update; this solver has {len(self.rule.members)}. Resume "
                "from a native snapshot, iter_N in the folder of the run"
            )
        state = read_state(path)
        weights = find_learned_net(path, state.learned_net)
        try:
            self.rule.check_history(state.history)
        except SnapshotError as error:
            raise SnapshotError(
                f"{path}: {error}. To start a new run from its weights: -weights {weights}"
            ) from None
        self._load(weights)
        self.rule.load_history(state.history)
        if self.average is not None:
            self.average.restart()
        self.train.restart(state.iteration)
        if "least_loss" in self.lr.fields:  # lr_policy plateau as in SSD's fork
            names = ("least_loss", "last_event", "falls")
            values = (state.minimum_loss, state.last_event, state.current_step)
            self.lr.load_state_dict(dict(zip(names, values, strict=True)))

    def _load(self, weights: Path) -> None:
        try:
            load_run_weights(weights, self.net, self.test_nets, strict=True)
        except WeightsError as error:
            raise SnapshotError(f"{weights} is of another net: {error}") from error

    def _warn_of_other_bits(self, snapshot: Snapshot) -> None:
        """Warn if the number of threads changed, so that results will differ."""
        threads = torch.get_num_threads()
        if snapshot.threads != threads and self.net.device.type == "cpu":
            log.warning(
                "The snapshot was taken with %d threads, this run has %d: results will differ by rounding",
                snapshot.threads,
                threads,
            )


def _state_beside(weights: Path) -> str:
    """Advice for weights that were given as a snapshot."""
    stem, _, suffix = weights.name.partition(".caffemodel")
    beside = weights.with_name(f"{stem}.solverstate{suffix}")
    if weights.with_name("state.json").is_file():
        beside = weights.parent
    elif suffix not in {"", ".h5"} or not beside.exists():
        return f"; to start a new run from them: -weights {weights}"
    return f"; to resume: -snapshot {beside}; to start a new run from the weights: -weights {weights}"
