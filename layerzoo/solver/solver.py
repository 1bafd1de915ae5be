"""A solver: a net, an update rule and a schedule, built from a config and trained."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch

from layerzoo.engine import Engine, params_type
from layerzoo.errors import ConfigError, Fault, SnapshotError, UsageError
from layerzoo.loader import Document, load_solver
from layerzoo.log import informing, position
from layerzoo.net import Net
from layerzoo.optimizer import WeightAverage, make_rule, passes_of_iteration
from layerzoo.ranks import Ranks
from layerzoo.run_lock import RunLock
from layerzoo.schema import SolverParameter
from layerzoo.seeds import fresh_seed
from layerzoo.snapshot import list_snapshots
from layerzoo.solver.actions import Actions, Terminated
from layerzoo.solver.callbacks.blob_watch import BlobWatch
from layerzoo.solver.callbacks.callback import Callback, Callbacks
from layerzoo.solver.callbacks.run_folder import Recorder, RunFolder, remove_run_leftovers
from layerzoo.solver.callbacks.tensorboard import TensorBoard
from layerzoo.solver.config.checking import check_solver
from layerzoo.solver.config.device import choose_device
from layerzoo.solver.config.length import RunLength, iterations_in_pass
from layerzoo.solver.config.nets import weights_files
from layerzoo.solver.execution import Execution
from layerzoo.solver.failures.memory_check import check_training_memory
from layerzoo.solver.failures.non_finite import NonFiniteHandler
from layerzoo.solver.failures.out_of_memory import MemoryReport
from layerzoo.solver.learning_rate import LearningRate
from layerzoo.solver.loop import Loop
from layerzoo.solver.make_engine import Build, build_device, make_engine, shard_net, update_params, whole_net
from layerzoo.solver.outputs import log_updates
from layerzoo.solver.snapshots.best_keeper import set_aside_best
from layerzoo.solver.snapshots.parts import Buffers, Part, RandomNumbers
from layerzoo.solver.snapshots.run_state import RunState
from layerzoo.solver.snapshots.run_weights import load_run_weights
from layerzoo.solver.snapshots.sample_places import SamplePlaces
from layerzoo.solver.snapshots.saver import NativeSaver, Saver, check_room, default_prefix, set_aside_later
from layerzoo.solver.testing.net_tests import NetTests
from layerzoo.solver.testing.pooled import Scores
from layerzoo.solver.testing.score import Scoring
from layerzoo.solver.testing.tester import make_tester
from layerzoo.solver.thread_count import obey_threads
from layerzoo.solver.train_state import TrainState

log = logging.getLogger("layerzoo")

SolverSource = str | Path | SolverParameter | Document[SolverParameter]


class Solver:
    """Trains a net by its config.

    Args:
        source: a solver's config file, its document, or a message.
        weights: files of initial weights, in place of those that the config names.
        strict: each weights file has to match the training net blob for blob.
        lenient: a weights file without a matching blob is accepted.
        device: where to run; None lets ``solver_mode`` decide, with the CPU as fallback.
        level, stages: added to the training net's state.
        actions: the requests of signals.
        found: faults of loading the document; they are raised together with all others.
        splits: insert the implicit splits as layers, for programs that access blobs by Caffe's names.
        ranks: the processes that train together, each with such a solver.
        build: builds the engine.
        saver: writes snapshots; None writes native ones into the run's folder.
        reports: whether this process tests, displays and takes snapshots; called each time.
        by_program: a program feeds and steps the nets; faults that keep training from starting are ignored.

    Attributes:
        param: its config, with ``max_epoch`` and ``test_epoch`` converted to iterations.
        document: its config file; None for a message.
        run: the run's state, which a snapshot keeps.
        random: the seed of all random numbers.
        engine: makes the updates.
        tests: tests the test nets.
        scoring: the score and early stopping.
        memory: estimates the memory of the run, and explains out-of-memory errors.
        loop: the training loop.
        actions: the requests of signals.
        callbacks: called on progress; others may be added.
        prefix: ``snapshot_prefix``.
        lock: keeps other processes from writing files of that prefix.
        saver: writes snapshots.

    Raises:
        ConfigError: the solver's config or a net's has faults.
        OutOfMemoryError: training needs more memory than the device has.
        WeightsError: a weights file can't be read, none of its blobs matches, or ``strict`` is violated.
    """

    @informing()
    def __init__(
        self,
        source: SolverSource,
        *,
        weights: Sequence[str | Path] = (),
        strict: bool = False,
        lenient: bool = False,
        device: str | torch.device | None = None,
        level: int = 0,
        stages: Sequence[str] = (),
        actions: Actions | None = None,
        found: Sequence[Fault] = (),
        splits: bool = False,
        ranks: Ranks | None = None,
        build: Build = whole_net,
        saver: Saver | None = None,
        reports: Callable[[], bool] = lambda: True,
        by_program: bool = False,
    ) -> None:
        self._log_begin = position()
        ranks = ranks or Ranks()
        faults = list(found)
        document = (
            source if isinstance(source, SolverParameter | Document) else load_solver(source, faults=faults)
        )
        self.document = document if isinstance(document, Document) else None
        param = document.message if isinstance(document, Document) else document
        checked = check_solver(document, level, stages, faults, False, not by_program, ranks.count)
        if splits:
            checked = checked.with_splits()
        for warning in checked.warnings:
            log.warning("%s", warning)
        obey_threads(param)
        seed = ranks.from_main(param.random_seed if param.random_seed >= 0 else fresh_seed())
        files = weights_files(weights) or weights_files(param.weights, self.document)
        target = choose_device(param, device, ranks.device)
        check_training_memory(param, checked, target, ranks.count)
        net = Net(checked.train, seed=seed).to(build_device(param, ranks, target), params_type(param, target))
        net.clock.rank, net.clock.ranks = ranks.rank, ranks.count
        length = RunLength(param, net)
        self.param = param = length.param
        testers = [make_tester(graph, count, net, seed, param.ap_version) for graph, count in checked.test]
        test_nets = [tester.net for tester in testers]
        for path in files:
            log.info(load_run_weights(path, net, test_nets, strict, lenient).in_full())
        ranks.broadcast(net.learnable)  # a Python layer may have filled its params at random
        shards = shard_net(param, net, test_nets, ranks, target)
        rule = make_rule(param, update_params(net, shards), seed, checked.updates)
        ema = WeightAverage(param.ema_param, net.learnable) if param.HasField("ema_param") else None
        average = ema or rule.evaluated_weights()
        self.engine = make_engine(param, net, test_nets, rule, ranks, build, shards)
        self.tests = NetTests(param, testers, self.engine.test_step, average, ranks)
        self.scoring = Scoring(param, [graph for graph, _ in checked.test])
        self.random = RandomNumbers(seed, [net, *test_nets], rule)
        parts: dict[str, Part] = {
            "random": self.random,
            "buffers": Buffers(net, test_nets, ranks),
            "data": self.tests,
            **self.scoring.parts,
        }
        if not by_program:
            parts["execution"] = Execution(param, net, test_nets, rule, average, self.engine)
        state, trained = (
            TrainState(param.average_loss, net.device),
            () if rule.full_batch else self.engine.nets,
        )
        samples = SamplePlaces(trained, state, passes_of_iteration(param), ranks, length.follow)
        parts |= {**self.engine.parts, "samples": samples}
        lr = LearningRate(param, checked.lr_scale)
        self.run = RunState(param, net, test_nets, rule, average, state, lr, parts, ranks, shards)
        self.prefix = param.snapshot_prefix or default_prefix(self.document)
        self.lock = RunLock(self.prefix)
        saver = saver or NativeSaver(self.run_path, self.prefix, param, self.scoring.higher_is_better)
        self.saver = saver
        self.memory = MemoryReport(self.engine, test_nets, param.iter_size)
        self.actions = actions or Actions()
        self.callbacks = Callbacks(_callbacks(self.run, self.engine, self.run_path) if ranks.is_main else ())
        failures = NonFiniteHandler(param, self.engine, self.run.lr, self.run_path, saver.last_saved)
        self.engine.guard = failures.make_guard()
        self.loop = Loop(
            self.run,
            self.engine,
            self.tests,
            self.scoring,
            self.saver,
            failures,
            self.actions,
            self.callbacks,
            reports,
        )

    @property
    def run_path(self) -> Path:
        """The run's folder."""
        return Path(f"{self.prefix}.run")

    @property
    def net(self) -> Net:
        """The training net; neither it nor its layers can be replaced."""
        return self.run.net

    @net.setter
    def net(self, net: Net) -> None:
        raise UsageError(
            "a solver trains the net that it has built; it can't be replaced. To start from the params of "
            "another net: net.save_weights(file), then solver.net.load_weights(file)"
        )

    @property
    def test_nets(self) -> list[Net]:
        """The test nets, which share the training net's params."""
        return [tester.net for tester in self.tests.testers]

    @property
    def device(self) -> torch.device:
        """The device of the run."""
        return self.net.device

    @property
    def iteration(self) -> int:
        """Number of updates made."""
        return self.run.train.iteration

    @property
    def lr(self) -> float:
        """The learning rate of the next iteration."""
        return self.run.lr(self.iteration)

    @property
    def loss(self) -> float:
        """The training loss, averaged over the last ``average_loss`` iterations."""
        return self.run.train.loss

    @property
    def scores(self) -> list[Scores | None]:
        """Scores of the last test of each test net."""
        return self.tests.scores

    def step(self, iterations: int) -> None:
        """Make a number of updates, with the tests, displays and snapshots of the config.

        Raises:
            RunLockedError: snapshots are due, and another run uses the same ``snapshot_prefix``.
        """
        if self.param.snapshot:
            self._lock_files()
        self.loop.step(iterations)

    @informing()
    def solve(self, resume: str | Path | None = None) -> int:
        """Train to ``max_iter`` in the run's folder, as ``layerzoo train`` does.

        Args:
            resume: a snapshot to resume from; ``auto`` is the newest in the run's folder, if any.

        Returns:
            0, or 5 if the last snapshot could not be written.

        Raises:
            ConfigError: neither ``max_iter`` nor ``max_epoch`` is given.
            OutOfMemoryError: the blobs of a pass need more memory than there is, or allocating them failed.
            RunLockedError: another run uses the same ``snapshot_prefix``; nothing was changed.
            SnapshotError: the run's folder can't be written to, or ``resume`` can't be restored.
            Terminated: SIGTERM was received; a snapshot has been taken.
        """
        if not self.param.HasField("max_iter"):
            raise ConfigError(Fault("max_iter is not given", field="max_iter", hint="or give max_epoch"))
        with self.lock if self.run.ranks.is_main else nullcontext():
            return self._solve(resume)

    def _solve(self, resume: str | Path | None) -> int:
        self.memory.check()
        resumed = resume is not None and self.restore(resume)
        if resumed and self.loop.is_complete(self.run_path):
            message = "Nothing to do: iteration %d is the end of this run, since max_iter is %d"
            log.info(message, self.iteration, self.param.max_iter)
            remove_run_leftovers(self.run_path)
            return 0
        begun = str(resume) == "auto" and not list_snapshots(self.run_path)  # killed before its first one
        self.run.ranks.barrier()  # the main process moves files that the others may have yet to read
        with self.actions.listening(), self._recording(resumed, begun):
            log.info("Solving %s", self.net.name)
            self.run.lr.log(self.param)
            log_updates(self.run.rule)
            self.memory.log()
            if not self.param.snapshot_diff:
                self.engine.renew_gradients()
            with self.memory.explained(lambda: self.iteration):
                self._lock_what_is_written()
                self.loop.to_the_end(whole=True)
        if self.actions.terminated and not self.saver.failed:
            raise Terminated(f"stopped by SIGTERM at iteration {self.iteration}")
        return 5 if self.saver.failed else 0

    def finish(self) -> None:
        """Train to ``max_iter``; unlike `solve`, without a run's folder and without signal handlers.

        Raises:
            RunLockedError: snapshots are due, and another run uses the same ``snapshot_prefix``.
        """
        self._lock_what_is_written()
        self.loop.to_the_end()

    def _lock_what_is_written(self) -> None:
        if self.param.snapshot or self.param.snapshot_after_train:
            self._lock_files()

    def snapshot(self) -> Path | None:
        """Write a native snapshot, and Caffe's files if ``snapshot_format`` is set.

        If it can't be written, a warning is logged.

        Returns:
            the path of the native snapshot; None if it could not be written.

        Raises:
            NonFiniteError: the params are not finite; no snapshot is written.
            RunLockedError: another run uses the same ``snapshot_prefix``.
            DataError: a label was out of range.
        """
        self._lock_files()
        return self.loop.snapshot()

    def restore(self, path: str | Path) -> bool:
        """Resume from a snapshot; see `layerzoo.solver.snapshots.run_state.RunState.restore`.

        Returns:
            False if ``auto`` found none.
        """
        self.saver.settle(wait=True)
        found = self.run.ranks.on_main(self._newest) if str(path) == "auto" else path
        if isinstance(found, SnapshotError):
            raise found
        if found is None:
            log.info("No snapshot in %s yet: starting from the beginning", self.run_path)
            return False
        restored = self.run.restore(found)
        own = restored == self.run_path / f"iter_{self.iteration}"
        if self.param.HasField("snapshot_format"):  # if its files are missing, they are written at the end
            own = own and all(Path(file).exists() for file in self.run.caffe_files(self.prefix))
        self.saver.saved_at = self.iteration if own and self.run.ranks.is_main else None
        return True

    def _newest(self) -> Path | SnapshotError | None:
        """The newest snapshot of the run's folder, or the error why none can be read, for every process."""
        try:
            return self.run.find_newest(self.run_path)
        except SnapshotError as error:
            return error

    def test(self) -> list[Scores]:
        """Test every test net now, with the averaged params if ``ema_param`` says so."""
        return self.loop.test()

    def _lock_files(self) -> None:
        """Lock the files of the run as long as this solver exists, in the process that writes them."""
        if self.run.ranks.is_main and self.loop.reports():
            self.lock.hold_for(self)

    @contextmanager
    def _recording(self, resumed: bool, begun: bool) -> Iterator[None]:
        """Record metrics and log in the run's folder while a block trains; in the main process.

        Args:
            resumed: the run continues from a snapshot.
            begun: the run restarts in its own folder, after it was killed before its first snapshot.

        Raises:
            SnapshotError: the folder can't be written to.
        """
        if not self.run.ranks.is_main:
            yield
            return
        iteration = self.iteration
        check_room(self.run_path, self.run)
        folder = RunFolder(self.run_path, fresh=not (resumed or begun or iteration))
        recorder = Recorder(folder, iterations_in_pass(self.param, self.net))
        try:
            if resumed or begun:
                folder.truncate(iteration, self.run.train.tested_at == iteration)
                set_aside_later(self.run_path, iteration)
                set_aside_best(self.run_path, iteration)
            folder.describe(self.param, self.document, self.run.class_names, self.run.inputs)
            self.callbacks.members.insert(0, recorder)
            with folder.logging(self._log_begin):
                yield
        finally:
            if recorder in self.callbacks.members:
                self.callbacks.members.remove(recorder)
            folder.close()


def _callbacks(run: RunState, engine: Engine, folder: Path) -> Iterator[Callback]:
    """The callbacks of the config."""
    param = run.param
    if param.watch:
        watch = BlobWatch(run.net, param.watch, run.train, param.display, engine.scale)
        engine.observers.append(watch)
        yield watch
    if param.HasField("tensorboard_param"):
        yield TensorBoard(param.tensorboard_param, run.net, folder, run.config)
