"""``caffe.SGDSolver`` and its like: training, step by step, with all blobs at hand."""

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
    """Trains a net; the kinds below, and `get_solver`, make one.

    Args:
        solver_file: the config. ``solver_mode`` is not looked at: `set_mode_gpu` decides.

    Of several solvers that train together (`NCCL`) the first one alone tests, displays, and takes snapshots.
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
        if param.random_seed < 0 and state.seed_is_set():
            param.random_seed = state.next_seed()
        if not param.HasField("snapshot_format"):
            param.snapshot_format = SolverParameter.BINARYPROTO
        if not param.HasField("non_finite_param"):
            param.non_finite_param.action = NonFiniteParameter.IGNORE  # unasked, Caffe goes on
        given = SolverParameter()
        given.CopyFrom(param)
        if param.lr_policy not in POLICIES:
            self._without_policy = _policy_faults(document)
            param.lr_policy = "fixed"  # for the nets to be built and run
            param.base_lr = given.base_lr
        alias.offer()
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
                if given.HasField(name):
                    setattr(self._solver.param, name, getattr(given, name))

    def _engine(self, given: EngineInput) -> Engine:
        """The engine, and the nets as a program sees them."""
        self._net, self._test_nets = Net.of(given.net), NetVec(map(Net.of, given.test_nets))
        full_batch = isinstance(given.rule, FullBatchRule)
        strategy = SharedBlobs(self._net.runner, [net.runner for net in self._test_nets], full_batch)
        self._update = LastUpdate(lambda: given.net.learnable)
        observers = [self._callbacks] if full_batch else [self._callbacks, self._update]
        return Engine(strategy, given.rule, given.param.iter_size, given.scale, observers)

    @property
    def net(self) -> Net:
        """The training net."""
        return self._net

    @property
    def test_nets(self) -> NetVec:
        """The test nets, over the same params; none but in the first of several solvers."""
        return self._test_nets if state.solver_rank() == 0 else NetVec()

    @property
    def iter(self) -> int:
        """How many updates have been made."""
        return self._solver.iteration

    @property
    def lr(self) -> float:
        """The learning rate of the coming update."""
        self._follow_param()
        self._demand_policy()
        return self._solver.lr

    @property
    def param(self) -> Any:
        """Its config, a ``caffe_pb2.SolverParameter``; the next step goes by what is written to it.

        What the nets and the history of updates are made by (``net``, ``type``, ``weight_decay``) stays.
        """
        if self._shown is None:
            self._shown = getattr(caffe_pb2, "SolverParameter")()  # noqa: B009 (made by reflection)
            self._shown.ParseFromString(self._solver.param.SerializeToString())
            self._shown.DiscardUnknownFields()
        return self._shown

    def step(self, iterations: int) -> None:
        """Make so many updates, testing, displaying and taking snapshots as the config says.

        The params' diffs hold the last update afterwards: what was taken off the params, as in Caffe.
        """
        self._train_to(self.iter + iterations, lambda: self._solver.step(iterations))

    def solve(self, resume_file: str | None = None) -> None:
        """Train to ``max_iter``, from a ``.solverstate`` where one is given."""
        log.info("Solving %s", self._solver.net.name)
        log.info("Learning Rate Policy: %s", self._solver.param.lr_policy)
        if resume_file is not None:
            self.restore(resume_file)
        self._follow_param()
        self._train_to(self._solver.param.max_iter, self._solver.finish)

    def snapshot(self) -> None:
        """Write ``PREFIX_iter_N.caffemodel`` and ``.solverstate``, or ``.h5`` where the config says so."""
        self._solver.run.write_caffe(self._solver.prefix)

    def restore(self, path: str) -> None:
        """Go on from a ``.solverstate`` or ``.solverstate.h5``.

        Training goes on with the batch that the run would have read next, unless forward passes read
        batches before: these come from where the net's data stands, and training goes on after them, as in
        Caffe, where restoring leaves the data alone.
        """
        check_file(path)
        self._solver.restore(path)
        self._restored_at = self.net.runner.cursor.batches

    def apply_update(self) -> None:
        """Make one update from the gradients in the params' diffs, which hold the update afterwards."""
        self._follow_param()
        self._demand_policy()
        rule, now, display = self._solver.run.rule, self.iter, self._solver.param.display
        if isinstance(rule, FullBatchRule):
            raise UsageError(f"{rule.type_name} makes its updates from all data; use step")
        self.net.runner.flush()
        if display and now % display == 0:
            log.info("Iteration %d, lr = %s", now, number(self.lr))
        self._update.wanted_at = now
        self._update.before_update(now)
        rule.step(self.lr, now)
        self._update.leave()
        self._solver.run.train.iteration += 1

    def share_weights(self, net: Net) -> None:
        """Let a net's params lie in the memory of those of the training net."""
        net.share_with(self.net)

    def add_callback(
        self,
        on_start: Callable[[], object] | SolverCallback,
        on_gradients_ready: Callable[[], object] | None = None,
    ) -> None:
        """Call the one before an iteration's first pass, the other before its update; an `NCCL` is both."""
        if isinstance(on_start, SolverCallback):
            both = on_start
            on_start, on_gradients_ready = both.on_start, both.on_gradients_ready
        if on_gradients_ready is None:
            raise TypeError("add_callback(on_start, on_gradients_ready) or add_callback(nccl)")
        self._callbacks.on_start.append(on_start)
        self._callbacks.on_gradients_ready.append(on_gradients_ready)

    def _train_to(self, stop: int, train: Callable[[], object]) -> None:
        """Run the loop up to an iteration."""
        self._follow_param()
        if stop > self.iter:
            self._demand_policy()
            cursor = self.net.runner.cursor
            if self._restored_at == cursor.batches:
                cursor.move_to(self.iter * self._solver.param.iter_size)
            self._restored_at = None
        self._update.wanted_at = stop - 1
        train()
        self._update.leave()

    def _demand_policy(self) -> None:
        """Refuse an update without a learning rate, which Caffe too asks for here and not before."""
        if self._without_policy:
            raise ConfigError(self._without_policy)

    def _follow_param(self) -> None:
        """Go by the numbers that a program wrote into `param`."""
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
    """Whether this solver tests, displays and takes snapshots: the first of those that train together."""
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
    """What is wrong with a solver's learning rate, at its place in the config."""
    root = document.root
    node = root.find("lr_policy") or (root.children[0] if root.children else None)
    origin = None if node is None else node.origin
    return [replace(fault, origin=origin) for fault in check_policy(document.message)]


_KINDS: dict[str, type[Solver]] = {
    kind.type: kind
    for kind in (SGDSolver, NesterovSolver, AdaGradSolver, RMSPropSolver, AdaDeltaSolver, AdamSolver)
}


def get_solver(solver_file: str) -> Solver:
    """The solver of the type that its config names."""
    check_file(solver_file)
    document = load_solver(solver_file)
    kind = _KINDS.get(rule_name(document.message), Solver)
    solver = kind.__new__(kind)
    solver._set_up(document)
    return solver
