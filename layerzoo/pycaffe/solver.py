"""``caffe.SGDSolver`` and the other solvers: train step by step, with access to all blobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from layerzoo import solver as solvers
from layerzoo.engine import Engine, SharedBlobs
from layerzoo.errors import ConfigError, Fault, UsageError
from layerzoo.host import any_module
from layerzoo.loader import Document, load_solver
from layerzoo.log import number
from layerzoo.lr_policy import POLICIES, check_policy
from layerzoo.optimizer import FullBatchRule
from layerzoo.optimizer.make import rule_name
from layerzoo.pycaffe import alias, state
from layerzoo.pycaffe.caffe_saver import CaffeSaver
from layerzoo.pycaffe.callbacks import SolverCallback
from layerzoo.pycaffe.last_update import LastUpdate
from layerzoo.pycaffe.net import Net, check_file
from layerzoo.pycaffe.proto import caffe_pb2
from layerzoo.pycaffe.step_callbacks import StepCallbacks
from layerzoo.schema import NonFiniteParameter, SolverParameter
from layerzoo.solver.make_engine import EngineInput
from layerzoo.solver.snapshots.saver import default_prefix

log = logging.getLogger("layerzoo")


class NetVec(list[Net]):
    """The test nets of a solver."""


class Solver:
    """Trains a net; the base of the solver types below, see also `get_solver`.

    Of several solvers that train together (`NCCL`), only the first one tests, displays and takes snapshots.

    Args:
        solver_file: the config. ``solver_mode`` is ignored; `set_mode_cpu` and `set_mode_gpu` act instead.

    Raises:
        RuntimeError: the file is missing.
        ConfigError: the config has faults.
    """

    type: ClassVar[str] = ""
    _net: Net
    _test_nets: NetVec
    _shown: Any = None
    _update: LastUpdate
    _callbacks: StepCallbacks
    _restored_at: list[int] | None = None
    _without_policy: Sequence[Fault] = ()

    def __init__(self, solver_file: str) -> None:
        check_file(solver_file)
        document = load_solver(solver_file)
        if self.type:
            document.message.type = self.type
            document.message.ClearField("solver_type")
        self._set_up(document)

    def _set_up(self, document: Document[SolverParameter]) -> None:
        param = document.message
        self._callbacks = StepCallbacks()
        if param.update:
            message = "caffe.Solver makes one update an iteration, from the diffs that a program sees"
            hint = "layerzoo train, or layerzoo.solver.Solver, makes several"
            node = document.root.find("update")
            raise ConfigError(Fault(message, None if node is None else node.origin, hint, field="update"))
        if param.random_seed < 0 and state.seed_is_set():
            param.random_seed = state.next_seed()
        if not param.HasField("snapshot_format"):
            param.snapshot_format = SolverParameter.BINARYPROTO
        if not param.HasField("non_finite_param"):
            param.non_finite_param.action = NonFiniteParameter.IGNORE  # by default Caffe doesn't stop
        original = SolverParameter()
        original.CopyFrom(param)
        if param.lr_policy not in POLICIES:
            self._without_policy = _policy_faults(document)
            param.lr_policy = "fixed"  # lets the nets be built and run
            param.base_lr = original.base_lr
        alias.install_if_missing()
        with any_module():
            self._solver = solvers.Solver(
                document,
                device=state.device(),
                splits=True,
                build=self._engine,
                saver=CaffeSaver(param.snapshot_prefix or default_prefix(document)),
                reports=_reports,
                by_program=True,
            )
        if self._without_policy:
            for name in ("lr_policy", "base_lr"):
                self._solver.param.ClearField(name)
                if original.HasField(name):
                    setattr(self._solver.param, name, getattr(original, name))

    def _engine(self, parts: EngineInput) -> Engine:
        """Make the engine, and wrap the training net and the test nets."""
        self._net, self._test_nets = Net.of(parts.net), NetVec(map(Net.of, parts.test_nets))
        full_batch = isinstance(parts.rule, FullBatchRule)
        strategy = SharedBlobs(self._net.runner, [net.runner for net in self._test_nets], full_batch)
        self._update = LastUpdate(lambda: parts.net.learnable)
        observers = [self._callbacks] if full_batch else [self._callbacks, self._update]
        return Engine(strategy, parts.rule, parts.param.iter_size, parts.scale, observers)

    @property
    def net(self) -> Net:
        """The training net."""
        return self._net

    @property
    def test_nets(self) -> NetVec:
        """The test nets, which share the params; empty in all but the first of several solvers."""
        return self._test_nets if state.solver_rank() == 0 else NetVec()

    @property
    def iter(self) -> int:
        """The number of updates so far."""
        return self._solver.iteration

    @property
    def lr(self) -> float:
        """The learning rate of the next update."""
        self._follow_param()
        self._require_policy()
        return self._solver.lr

    @property
    def param(self) -> Any:
        """The config, a ``caffe_pb2.SolverParameter``; changes to it apply from the next step on.

        Changes to fields that define nets or update rule (``net``, ``type``, ``weight_decay``) are ignored.
        """
        if self._shown is None:
            self._shown = getattr(caffe_pb2, "SolverParameter")()  # noqa: B009 (made by reflection)
            self._shown.ParseFromString(self._solver.param.SerializeToString())
            self._shown.DiscardUnknownFields()
        return self._shown

    def step(self, iterations: int) -> None:
        """Run iterations, with tests, displays and snapshots as configured.

        Afterwards the params' diffs hold the last update, the values subtracted from the params, as in Caffe.
        """
        self._train_to(self.iter + iterations, lambda: self._solver.step(iterations))

    def solve(self, resume_file: str | None = None) -> None:
        """Train to ``max_iter``, optionally resuming from a ``.solverstate``."""
        log.info("Solving %s", self._solver.net.name)
        log.info("Learning Rate Policy: %s", self._solver.param.lr_policy)
        if resume_file is not None:
            self.restore(resume_file)
        self._follow_param()
        self._train_to(self._solver.param.max_iter, self._solver.finish)

    def snapshot(self) -> None:
        """Write ``PREFIX_iter_N.caffemodel`` and ``.solverstate``, or ``.h5`` by ``snapshot_format``.

        Raises:
            RunLockedError: a run in another process uses the same ``snapshot_prefix``.
        """
        self._solver.lock.hold_for(self._solver)
        self._solver.run.write_caffe(self._solver.prefix)

    def restore(self, path: str) -> None:
        """Resume from a ``.solverstate`` or ``.solverstate.h5``.

        Training resumes with the batch that the run would have read next. If forward passes are run before
        the next step, they read on from the net's current position, and training continues after them, as in
        Caffe, where restoring doesn't move the data.
        """
        check_file(path)
        self._solver.restore(path)
        self._restored_at = self.net.runner.cursor.batches

    def apply_update(self) -> None:
        """Update the params from the gradients in their diffs; afterwards the diffs hold the update."""
        self._follow_param()
        self._require_policy()
        rule, now, display = self._solver.run.rule, self.iter, self._solver.param.display
        if isinstance(rule, FullBatchRule):
            raise UsageError(f"{rule.type_name} computes its updates from all data; call step instead")
        self.net.runner.flush()
        if display and now % display == 0:
            log.info("Iteration %d, lr = %s", now, number(self.lr))
        self._update.wanted_at = now
        self._update.before_update(now)
        rule.step(self.lr, now)
        self._update.leave()
        self._solver.run.train.iteration += 1

    def share_weights(self, net: Net) -> None:
        """Let a net share the memory of the training net's params."""
        net.share_with(self.net)

    def add_callback(
        self,
        on_start: Callable[[], object] | SolverCallback,
        on_gradients_ready: Callable[[], object] | None = None,
    ) -> None:
        """Call ``on_start`` before an iteration's first pass and ``on_gradients_ready`` before its update.

        A single argument with both methods, such as an `NCCL`, is accepted too.
        """
        if isinstance(on_start, SolverCallback):
            callback = on_start
            on_start, on_gradients_ready = callback.on_start, callback.on_gradients_ready
        if on_gradients_ready is None:
            raise TypeError("add_callback(on_start, on_gradients_ready) or add_callback(nccl)")
        self._callbacks.on_start.append(on_start)
        self._callbacks.on_gradients_ready.append(on_gradients_ready)

    def _train_to(self, stop: int, train: Callable[[], object]) -> None:
        """Run the training loop up to iteration ``stop``."""
        self._follow_param()
        if stop > self.iter:
            self._require_policy()
            cursor = self.net.runner.cursor
            if self._restored_at == cursor.batches:
                cursor.move_to(self.iter * self._solver.param.iter_size)
            self._restored_at = None
        self._update.wanted_at = stop - 1
        train()
        self._update.leave()

    def _require_policy(self) -> None:
        """Refuse an update without a learning rate policy; Caffe too checks it only here."""
        if self._without_policy:
            raise ConfigError(self._without_policy)

    def _follow_param(self) -> None:
        """Apply the values that a program wrote into `param`."""
        if self._shown is None:
            return
        ours, changed = self._solver.param, False
        for field, value in self._shown.ListFields():
            if isinstance(value, int | float | str) and getattr(ours, field.name) != value:
                setattr(ours, field.name, value)
                changed = True
        if changed:
            self._without_policy = check_policy(ours)
            if not self._without_policy:
                self._solver.run.lr.follow(ours)


def _reports() -> bool:
    """Whether this solver tests, displays and takes snapshots: only the first of several does."""
    return state.solver_rank() == 0


class SGDSolver(Solver):
    """Stochastic gradient descent with momentum."""

    type = "SGD"


class NesterovSolver(Solver):
    """Nesterov's accelerated gradient."""

    type = "Nesterov"


class AdaGradSolver(Solver):
    """AdaGrad."""

    type = "AdaGrad"


class RMSPropSolver(Solver):
    """RMSProp."""

    type = "RMSProp"


class AdaDeltaSolver(Solver):
    """AdaDelta."""

    type = "AdaDelta"


class AdamSolver(Solver):
    """Adam."""

    type = "Adam"


def _policy_faults(document: Document[SolverParameter]) -> list[Fault]:
    """Return the faults of a solver's learning rate, with their position in the config."""
    root = document.root
    node = root.find("lr_policy") or (root.children[0] if root.children else None)
    origin = None if node is None else node.origin
    return [replace(fault, origin=origin) for fault in check_policy(document.message)]


_TYPES: dict[str, type[Solver]] = {
    cls.type: cls
    for cls in (SGDSolver, NesterovSolver, AdaGradSolver, RMSPropSolver, AdaDeltaSolver, AdamSolver)
}


def get_solver(solver_file: str) -> Solver:
    """Make a solver of the type that the config names."""
    check_file(solver_file)
    document = load_solver(solver_file)
    cls = _TYPES.get(rule_name(document.message), Solver)
    solver = cls.__new__(cls)
    solver._set_up(document)
    return solver
