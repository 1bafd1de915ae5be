"""Between a solver and its snapshots: what is kept, where from, and how a run goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from layerzoo import __version__
from layerzoo.blobs.named import NamedBlobs, blob_name, names_of
from layerzoo.errors import SnapshotError, WeightsError
from layerzoo.schema import SolverParameter
from layerzoo.snapshot import (
    CaffeState,
    Snapshot,
    find_learned_net,
    find_newest,
    read_snapshot,
    read_state,
    write_state,
)

if TYPE_CHECKING:
    from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")

_STATE_SUFFIXES = (".solverstate", ".solverstate.h5")
_WEIGHT_SUFFIXES = (".caffemodel", ".caffemodel.h5", ".safetensors", ".h5")


def capture(solver: Solver) -> Snapshot:
    """Everything that the run's future depends on."""
    score, stopping, scale = solver.score, solver.early_stopping, solver.engine.scale
    return Snapshot(
        iteration=solver.iteration,
        solver_type=solver.rule.type_name,
        weights=solver.net.weights,
        history=solver.rule.history,
        means=_means(solver),
        publish_means=solver.average is not None and solver.param.ema_param.publish,
        tensors=_carried(solver) | carried_elsewhere(solver),
        seed=solver.seed,
        batches={str(index): tester.cursor for index, tester in enumerate(solver.testers)},
        lr_policy=solver.policy.state_dict(),
        score=score.last if score else None,
        best_score=score.best if score else None,
        best_iteration=score.best_iteration if score else None,
        losses=[float(loss) for loss in solver.losses],
        config=solver.config_text,
        versions={"layerzoo": __version__, "torch": torch.__version__},
        extra={
            "tested": solver.tested_at,
            "processes": solver.ranks.count,
            "early_stopping": stopping.state_dict() if stopping else None,
            "loss_scale": scale.state_dict() if scale else None,
        },
    )


def restore(solver: Solver, path: str | Path) -> None:
    """Go on from a snapshot: native, or Caffe's in either format.

    Args:
        path: a native snapshot or a run's folder; a ``.solverstate`` or ``.solverstate.h5``.

    Raises:
        SnapshotError: it is missing, damaged, or of another net or kind of solver.
    """
    path = Path(path)
    if path.is_dir():
        path = path if (path / "state.json").exists() else find_newest(path) or path
    elif path.name == "state.json":
        path = path.parent
    if path.is_dir():
        _restore_native(solver, read_snapshot(path), path)
    else:
        _restore_caffe(solver, path)
    log.info("Resuming from %s at iteration %d", path, solver.iteration)


def write_caffe(solver: Solver, prefix: str) -> None:
    """Write ``PREFIX_iter_N.caffemodel`` and ``.solverstate``, or both as ``.h5``.

    Raises:
        OSError: they can't be written.
    """
    hdf5 = solver.param.snapshot_format == SolverParameter.HDF5
    kind, suffix = ("HDF5 file", ".h5") if hdf5 else ("binary proto file", "")
    stem = f"{prefix}_iter_{solver.iteration}"
    weights, state = f"{stem}.caffemodel{suffix}", f"{stem}.solverstate{suffix}"
    log.info("Snapshotting to %s %s", kind, weights)
    solver.net.save_weights(weights, diffs=solver.param.snapshot_diff)
    log.info("Snapshotting solver state to %s %s", kind, state)
    step = solver.policy.current_step(solver.iteration)
    write_state(state, CaffeState(solver.iteration, weights, solver.rule.history, step))


def _restore_native(solver: Solver, snapshot: Snapshot, path: Path) -> None:
    if snapshot.solver_type != solver.rule.type_name:
        raise SnapshotError(
            f"{path} is of a solver of type {snapshot.solver_type}; this one is {solver.rule.type_name}. "
            f"To start anew from its weights: -weights {path / 'weights.safetensors'}"
        )
    solver.rule.load_history(snapshot.history)
    _load(solver, path / "weights.safetensors")
    carried, prefix = _carried(solver), f"rank{solver.ranks.rank}."
    own = {name.removeprefix(prefix): t for name, t in snapshot.tensors.items() if name.startswith(prefix)}
    with torch.no_grad():
        for name, tensor in {**snapshot.tensors, **own}.items():
            if name in carried and carried[name].shape == tensor.shape:
                carried[name].copy_(tensor)
    if solver.average is not None:
        solver.average.load(_means_in_order(solver, snapshot) if snapshot.means else solver.average.params)
    for index, tester in enumerate(solver.testers):
        tester.cursor = snapshot.batches.get(str(index), 0)
    solver.policy.load_state_dict(snapshot.lr_policy)
    if solver.score is not None:
        solver.score.last, solver.score.best = snapshot.score, snapshot.best_score
        solver.score.best_iteration = snapshot.best_iteration
    if solver.early_stopping is not None and snapshot.extra.get("early_stopping"):
        solver.early_stopping.load_state_dict(snapshot.extra["early_stopping"])
    if solver.engine.scale is not None and snapshot.extra.get("loss_scale"):
        solver.engine.scale.load_state_dict(snapshot.extra["loss_scale"])
    solver.continue_from(snapshot.iteration, snapshot.seed, snapshot.losses)
    solver.tested_at = snapshot.extra.get("tested")
    if path == solver.run_path / f"iter_{snapshot.iteration}":
        solver.saver.saved_at = snapshot.iteration
    if (before := snapshot.extra.get("processes", solver.ranks.count)) != solver.ranks.count:
        log.warning(
            "The snapshot was taken with %d processes, this run has %d: it goes on with other samples",
            before,
            solver.ranks.count,
        )
    if snapshot.threads != torch.get_num_threads() and solver.device.type == "cpu":
        log.warning(
            "The snapshot was taken with %d threads, this run has %d: it goes on alike, but not bit for bit",
            snapshot.threads,
            torch.get_num_threads(),
        )


def _restore_caffe(solver: Solver, path: Path) -> None:
    if path.name.endswith(_WEIGHT_SUFFIXES) and not path.name.endswith(_STATE_SUFFIXES):
        raise SnapshotError(f"{path} holds weights alone, no state of a solver{_state_beside(path)}")
    state = read_state(path)
    weights = find_learned_net(path, state.learned_net)
    try:
        solver.rule.load_history(state.history)
    except SnapshotError as error:
        raise SnapshotError(f"{path}: {error}. To start anew from its weights: -weights {weights}") from None
    _load(solver, weights)
    if solver.average is not None:
        solver.average.restart()
    solver.continue_from(state.iteration, None, ())


def _state_beside(weights: Path) -> str:
    """What to do with weights that were given as a snapshot."""
    stem, _, suffix = weights.name.partition(".caffemodel")
    beside = weights.with_name(f"{stem}.solverstate{suffix}")
    if weights.with_name("state.json").is_file():
        beside = weights.parent
    elif suffix not in {"", ".h5"} or not beside.exists():
        return f"; to start anew from them: -weights {weights}"
    return f"; to resume: -snapshot {beside}; to start anew from the weights: -weights {weights}"


def _load(solver: Solver, weights: Path) -> None:
    try:
        solver.net.load_weights(weights, strict=True)
    except WeightsError as error:
        raise SnapshotError(f"{weights} is of another net: {error}") from error


def _carried(solver: Solver) -> dict[str, Tensor]:
    """What a run's future depends on beside params and history.

    The state of recurrent layers, and the params that only a test net has.
    """
    nets = {"train": solver.net, **{f"test{i}": net for i, net in enumerate(solver.test_nets)}}
    found = {f"{which}.{name}": tensor for which, net in nets.items() for name, tensor in net.named_buffers()}
    shared = {param.data_ptr() for param in solver.net.parameters()}
    for which, net in nets.items():
        for name, param in net.named_parameters():
            if param.data_ptr() not in shared:
                found[f"{which}.{name}"] = param
    return found


def carried_elsewhere(solver: Solver) -> dict[str, Tensor]:
    """What the training nets of the other processes carry, by ``rankN.train.name``; for the first process.

    Every process has to call it. Statistics that are params (BatchNorm's) are not in it: as in Caffe, those
    of the first process count.
    """
    if solver.ranks.count == 1 or not any(True for _ in solver.net.buffers()):
        return {}
    own = {f"train.{name}": tensor.cpu() for name, tensor in solver.net.named_buffers()}
    others = enumerate(solver.ranks.gather(own)[1:], 1)
    return {f"rank{rank}.{name}": tensor for rank, carried in others for name, tensor in carried.items()}


def _means(solver: Solver) -> dict[str, list[Tensor]]:
    """The averaged params by layer name, shaped as the layers have them."""
    if solver.average is None:
        return {}
    mean_of = {
        param.data_ptr(): mean for param, mean in zip(solver.net.learnable, solver.average.means, strict=True)
    }
    return {
        name: NamedBlobs((_mean(blob, mean_of) for blob in blobs), blobs.names)
        for name, blobs in solver.net.weights.items()
    }


def _mean(blob: Tensor, mean_of: Mapping[int, Tensor]) -> Tensor:
    """A param's mean; a buffer, which is not averaged, as it is."""
    mean = mean_of.get(blob.data_ptr())
    return blob if mean is None or mean.numel() != blob.numel() else mean.view(blob.shape)


def _means_in_order(solver: Solver, snapshot: Snapshot) -> list[Tensor]:
    """A snapshot's averaged params in the order of the net's learnable ones."""
    graph = solver.net.graph
    found = []
    for param in graph.params:
        layer, index = param.users[0]
        name = graph.layers[layer].name
        means = NamedBlobs(snapshot.means[name], names_of(snapshot.means[name]))
        mean = means.find(index, blob_name(index, param.own.name if param.own.made else None))
        if mean is None:
            raise SnapshotError(f"the snapshot's means lack param {param.own.name} of layer '{name}'")
        found.append(mean)
    return found
