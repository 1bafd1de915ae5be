"""The loop: train, test, display, snapshot."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor

from layerzoo.engine.labels import check_labels
from layerzoo.errors import ConfigError, Fault
from layerzoo.loader import Document, emit, load_solver
from layerzoo.log import number
from layerzoo.lr_policy import make_policy
from layerzoo.net import Net
from layerzoo.optimizer import FullBatchRule, WeightAverage, make_rule
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter
from layerzoo.seeds import fresh_seed
from layerzoo.snapshot import find_newest, list_snapshots
from layerzoo.solver.actions import Action, Actions, Terminated
from layerzoo.solver.config.checking import check_solver
from layerzoo.solver.config.device import choose_device
from layerzoo.solver.config.length import in_iterations
from layerzoo.solver.config.nets import weights_files
from layerzoo.solver.failures.non_finite import fit_to_save
from layerzoo.solver.failures.out_of_memory import explained, log_memory
from layerzoo.solver.listeners.blob_watch import BlobWatch
from layerzoo.solver.listeners.display import Display, output_lines
from layerzoo.solver.listeners.listener import Watcher
from layerzoo.solver.listeners.run_folder import recording
from layerzoo.solver.listeners.tensorboard import TensorBoard
from layerzoo.solver.make_engine import Build, eager, make_engine, update_params
from layerzoo.solver.snapshots.saver import Saver, default_prefix
from layerzoo.solver.snapshots.state import carried_elsewhere, restore
from layerzoo.solver.testing.score import EarlyStopping, Score
from layerzoo.solver.testing.tester import Scores, Step, make_tester, output_values, output_weights

log = logging.getLogger("layerzoo")

SolverSource = str | Path | SolverParameter | Document[SolverParameter]


class Solver:
    """Trains a net as its config says.

    Args:
        source: a solver's config file, its document, or a message.
        weights: files to start the nets from, in place of those that the config names.
        strict: each file of weights has to fit the training net blob for blob.
        device: where to run; None lets ``solver_mode`` decide, with the CPU where there is no GPU.
        level, stages: added to the training net's state.
        actions: signals to obey.
        found: faults that loading a document found already; they are raised together with all others.
        splits: make layers of the implicit splits, for who looks at blobs by Caffe's names.
        ranks: the processes that train together, each of which makes such a solver.
        build: makes the engine.

    Attributes:
        param: its message.
        net: the training net; ``test_nets`` share its params.
        iteration: how many updates have been made.
        scores: of the last test of each test net.
        score: how good the net is; None where nothing is tested.
        average: running means of the params, where ``ema_param`` asks for them.
        stopping: a signal asked the loop to stop.
        done: the loop came to its end before ``max_iter``: by early stopping, time, or at a minimum.
        tested_at: iteration of the loop's last test.

    Raises:
        ConfigError: the solver's config or a net's has faults.
        WeightsError: a file of weights can't be read, or ``strict`` is broken.
    """

    def __init__(
        self,
        source: SolverSource,
        *,
        weights: Sequence[str | Path] = (),
        strict: bool = False,
        device: str | torch.device | None = None,
        level: int = 0,
        stages: Sequence[str] = (),
        actions: Actions | None = None,
        found: Sequence[Fault] = (),
        splits: bool = False,
        ranks: Ranks | None = None,
        build: Build = eager,
    ) -> None:
        self.ranks = ranks or Ranks()
        faults = list(found)
        document = (
            source if isinstance(source, SolverParameter | Document) else load_solver(source, faults=faults)
        )
        self.document = document if isinstance(document, Document) else None
        self.param = document.message if isinstance(document, Document) else document
        checked = check_solver(document, level, stages, faults)
        if splits:
            checked = checked.with_splits()
        for warning in checked.warnings:
            log.warning("%s", warning)
        self.seed = self.ranks.from_main(
            self.param.random_seed if self.param.random_seed >= 0 else fresh_seed()
        )
        self.device = choose_device(self.param, device, self.ranks.device)
        files = weights_files(weights) or weights_files(self.param.weights, self.document)
        self.net = Net(checked.train, weights=files, strict=strict, seed=self.seed).to(self.device)
        self.net.clock.rank, self.net.clock.ranks = self.ranks.rank, self.ranks.count
        self.ranks.broadcast(self.net.learnable)  # a Python layer may have filled its own by chance
        self.param = in_iterations(self.param, self.net)
        self.testers = [
            make_tester(graph, count, self.net, files, self.seed) for graph, count in checked.test
        ]
        self.rule = make_rule(self.param, update_params(self.net), self.seed)
        self.policy = make_policy(self.param)
        self.average: WeightAverage | None = None
        if self.param.HasField("ema_param"):
            self.average = WeightAverage(self.param.ema_param, self.net.learnable)
        self.engine = make_engine(self, build)
        self.iteration = 0
        self.scores: list[Scores | None] = [None] * len(self.testers)
        graphs = [graph for graph, _ in checked.test]
        self.score = Score(self.param.score_param, graphs) if graphs and self.param.test_interval else None
        self.early_stopping: EarlyStopping | None = None
        if self.param.HasField("early_stopping_param"):
            self.early_stopping = EarlyStopping(self.param.early_stopping_param)
        self.tested_at: int | None = None
        self.actions = actions or Actions()
        self.watchers: list[Watcher] = []
        self.stopping = self.done = False
        self.losses: deque[Tensor] = deque(maxlen=max(1, self.param.average_loss))
        self.prefix = self.param.snapshot_prefix or default_prefix(self.document)
        self.run_path = Path(f"{self.prefix}.run")
        self.saver = Saver(self.run_path, self.prefix)
        self._ends_at = float("inf")
        self._display = Display(self.param.display)
        if not self.ranks.is_main:
            return
        if self.param.watch:
            self.watchers.append(BlobWatch(self, self.param.watch))
        if self.param.HasField("tensorboard_param"):
            self.watchers.append(TensorBoard(self.param.tensorboard_param))

    @property
    def test_nets(self) -> list[Net]:
        """The test nets."""
        return [tester.net for tester in self.testers]

    @property
    def lr(self) -> float:
        """The learning rate of the coming iteration."""
        return self.policy.rate(self.iteration)

    @property
    def loss(self) -> float:
        """The training loss, averaged over the last ``average_loss`` iterations."""
        return float(torch.stack(list(self.losses)).mean()) if self.losses else float("nan")

    def step(self, iterations: int) -> None:
        """Make so many updates, testing, displaying and taking snapshots on the way as the config says."""
        self.stopping = self.done = False
        self._advance(iterations)

    def solve(self, resume: str | Path | None = None) -> int:
        """Train to ``max_iter``, with what Caffe does before and after.

        Args:
            resume: a snapshot to continue from; ``auto`` takes the newest of the run's folder, if any.

        Returns:
            0, or 5 where the last snapshot could not be written.

        Raises:
            ConfigError: nothing says when to end.
            SnapshotError: the run's folder can't be written to, or ``resume`` can't be continued from.
            Terminated: SIGTERM came; a snapshot has been taken.
        """
        if not self.param.HasField("max_iter"):
            raise ConfigError(Fault("max_iter is not given", field="max_iter", hint="or give max_epoch"))
        resumed = resume is not None and self.restore(resume)
        # one that was killed before its first snapshot begins anew in its own folder
        begun = str(resume) == "auto" and not list_snapshots(self.run_path)
        self.ranks.barrier()  # the first moves files away that the others may have yet to read
        with self.actions.listening(), recording(self, resumed, begun):
            log.info("Solving %s", self.net.name)
            log.info("Learning Rate Policy: %s", self.param.lr_policy)
            log_memory(self)
            with explained(self):
                self._loop()
        if self.actions.terminated and not self.saver.failed:
            raise Terminated(f"stopped by SIGTERM at iteration {self.iteration}")
        return 5 if self.saver.failed else 0

    def snapshot(self) -> Path | None:
        """Write where the run stands: the native form, and Caffe's where ``snapshot_format`` is said.

        A snapshot that can't be written is a warning, not the end: training goes on.

        Returns:
            the native snapshot; None where it could not be written.

        Raises:
            NonFiniteError: the params are not finite, so no snapshot replaces the good ones.
            DataError: a label was out of range.
        """
        if not fit_to_save(self):
            self.saver.failed = True
            return None
        if not self.ranks.is_main:
            carried_elsewhere(self)
            return None
        path = self.saver.save(self, self._test_is_due(self.iteration))
        if path is not None:
            self._tell("saved", path)
        return path

    def restore(self, path: str | Path) -> bool:
        """Go on from a snapshot; see `layerzoo.solver.snapshots.state.restore`.

        Returns:
            False where ``auto`` found none.
        """
        found = self.ranks.from_main(find_newest(self.run_path) if str(path) == "auto" else path)
        if found is None:
            log.info("No snapshot in %s yet: starting from the beginning", self.run_path)
            return False
        restore(self, found)
        return True

    def continue_from(self, iteration: int, seed: int | None, losses: Sequence[float]) -> None:
        """Take over a place in a run; for `restore`."""
        self.iteration = iteration
        self.losses.clear()
        self.losses.extend(torch.tensor(loss, device=self.device) for loss in losses)
        self.tested_at = self.saver.saved_at = None
        if seed is not None:
            self.follow_seed(seed)

    def follow_seed(self, seed: int) -> None:
        """Let what is random from now on follow from a seed."""
        self.seed = self.rule.seed = seed
        for net in [self.net, *self.test_nets]:
            net.clock.seed = seed

    @property
    def config_text(self) -> str:
        """The solver's config as resolved."""
        return emit(self.param, "prototxt")

    def test(self) -> list[Scores]:
        """Test every test net now, with the averaged params where ``ema_param`` says so."""
        scores = self.ranks.on_main(lambda: self._test_all(self.engine.test_step))
        self.scores = list(scores)
        return scores

    def _loop(self) -> None:
        self._tell("started")
        if self.param.max_time:
            self._ends_at = time.monotonic() + self.param.max_time
        if self.early_stopping is not None and self.early_stopping.is_over(self.iteration):
            self._end("it was stopped early before")
        self._advance(self.param.max_iter - self.iteration)
        wanted = self.stopping or self.param.snapshot_after_train or time.monotonic() >= self._ends_at
        if self.ranks.from_main(self.saver.failed or (wanted and self.saver.saved_at != self.iteration)):
            self.snapshot()
        if not self.stopping:
            self._finish()
        log.info("Optimization stopped early." if self.stopping else "Optimization Done.")
        self._tell("ended")

    def _advance(self, iterations: int) -> None:
        """The loop: so many updates, unless something ends it."""
        param, engine, average = self.param, self.engine, self.average
        display, snapshot = param.display, param.snapshot
        searching = self.rule if isinstance(self.rule, FullBatchRule) else None
        timed = self._ends_at < float("inf")
        stop = self.iteration + iterations
        self._display.begin(self.iteration)
        if average is not None and not self.iteration:
            average.restart()  # weights may have been loaded since
        while self.iteration < stop and not (self.stopping or self.done):
            now = self.iteration
            if self._test_is_due(now) and (now or param.test_initialization):
                self._test_on_the_way()
                if self.stopping or self.done:
                    break
            lr = self.policy.rate(now)
            self.losses.append(engine.train_step(now, lr))
            if display and now % display == 0:
                self._show(lr)
            self.iteration = now + 1
            if average is not None:
                average.update(now + 1)
            if searching is not None and searching.stuck:
                self._end("the line search finds nothing lower: the params are at a minimum")
            if timed and self.ranks.from_main(time.monotonic() >= self._ends_at):
                self._end(f"{param.max_time:g} seconds are over")
            self._act(bool(snapshot) and self.iteration % snapshot == 0)
        if engine.guard is not None:
            engine.guard.look(self.iteration)

    def _end(self, why: str) -> None:
        """Let the loop end here, before ``max_iter``."""
        self.done = True
        log.info("Iteration %d: %s. Training ends.", self.iteration, why)

    def _test_is_due(self, iteration: int) -> bool:
        interval = self.param.test_interval
        return bool(interval and iteration % interval == 0 and self.tested_at != iteration and self.testers)

    def _test_on_the_way(self) -> None:
        """The loop's test: the score is told to whom it concerns; a stop that is asked for interrupts it."""
        scores = self.ranks.on_main(self._test_unless_stopped)
        if scores is None:
            self._act(False)
            return
        self.scores = list(scores)
        self.tested_at = self.iteration
        if self.score is None:
            return
        value = self.score.of(scores)
        self.score.note(value, self.iteration)
        self.policy.observe(value, self.score.higher_is_better)
        self.saver.note_score(self, value)
        if self.early_stopping is not None:
            self.early_stopping.observe(value, self.score)
            if self.early_stopping.is_over(self.iteration):
                self._end(f"{self.score.output} {self.early_stopping}")

    def _test_unless_stopped(self) -> list[Scores] | None:
        """Scores of all test nets; None where a stop was asked for, and the test will begin anew."""
        places = [tester.place() for tester in self.testers]
        try:
            return self._test_all(self._test_step)
        except _Interrupted:
            for tester, place in zip(self.testers, places, strict=True):
                tester.go_back(place)
            log.info("Test interrupted.")
            return None

    def _test_all(self, step: Step) -> list[Scores]:
        averaged = self.average is not None and self.param.ema_param.test
        with self.average.in_place() if averaged else nullcontext():  # type: ignore[union-attr]
            return [self._test(index, step) for index in range(len(self.testers))]

    def _test_step(self, net: Net, batch: int) -> list[Tensor]:
        if Action.STOP in self.actions.pending:
            raise _Interrupted
        return self.engine.test_step(net, batch)

    def _test(self, index: int, step: Step) -> Scores:
        log.info("Iteration %d, Testing net (#%d)", self.iteration, index)
        scores = self.scores[index] = self.testers[index].run(step)
        if self.device.type != "cpu":
            check_labels(self.testers[index].net)
        if self.param.test_compute_loss:
            log.info("Test loss: %s", number(scores.loss))
        for line in output_lines(scores.values, scores.weights):
            log.info("    Test net output %s", line)
        self._tell("tested", index, scores)
        return scores

    def _show(self, lr: float) -> None:
        """What stands in the log for this iteration; the one place that waits for the device."""
        loss, outputs = self.loss, output_values(self.net, self.engine.outputs)
        self._display.show(self.iteration, loss, output_lines(outputs, output_weights(self.net)), lr)
        self._tell("displayed", loss, outputs)

    def _act(self, due: bool) -> None:
        """Take the snapshot that is due, and do what signals asked for."""
        asked = self.actions.take(self.ranks)
        self.stopping = self.stopping or Action.STOP in asked
        if due or Action.SNAPSHOT in asked:
            self.snapshot()

    def _finish(self) -> None:
        """After the last update: what it came to."""
        param = self.param
        if param.display and self.iteration % param.display == 0:
            self.losses.append(self.engine.loss_only(self.iteration))
            log.info("Iteration %d, loss = %s", self.iteration, number(self.loss))
        untested = self.done and self.score is not None and self.tested_at != self.iteration
        if self._test_is_due(self.iteration) or untested:
            self._test_on_the_way()

    def _tell(self, event: str, *args: object) -> None:
        for watcher in self.watchers:
            getattr(watcher, event)(self, *args)


class _Interrupted(Exception):  # noqa: N818 (no mistake)
    """A test was left because the run is to stop."""
