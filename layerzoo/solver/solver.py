"""The loop: train, test, display, snapshot."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from layerzoo.engine import Eager
from layerzoo.errors import Fault
from layerzoo.loader import Document, emit, load_solver
from layerzoo.log import number
from layerzoo.lr_policy import make_policy
from layerzoo.net import Net
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter
from layerzoo.seeds import fresh_seed
from layerzoo.snapshot import write_snapshot
from layerzoo.solver.actions import Action, Actions, Terminated
from layerzoo.solver.checking import check_solver
from layerzoo.solver.device import choose_device
from layerzoo.solver.display import output_lines, train_lines
from layerzoo.solver.run_folder import Recorder, RunFolder
from layerzoo.solver.state import capture, restore, write_caffe
from layerzoo.solver.testing import Scores, Tester, output_values, output_weights
from layerzoo.solver.watcher import Watcher

log = logging.getLogger("layerzoo")

SolverSource = str | Path | SolverParameter | Document[SolverParameter]


class Solver:
    """Trains a net as its config says.

    Args:
        source: a solver's config file, its document, or a message.
        weights: files to start the net from, after those that the config names.
        device: where to run; None lets ``solver_mode`` decide, with the CPU where there is no GPU.
        level, stages: added to the training net's state.
        actions: signals to obey.
        found: faults that loading a document found already; they are raised together with all others.

    Attributes:
        param: its message.
        net: the training net; ``test_nets`` share its params.
        iteration: how many updates have been made.
        scores: of the last test of each test net.

    Raises:
        ConfigError: the solver's config or a net's has faults.
    """

    def __init__(
        self,
        source: SolverSource,
        *,
        weights: Sequence[str | Path] = (),
        device: str | torch.device | None = None,
        level: int = 0,
        stages: Sequence[str] = (),
        actions: Actions | None = None,
        found: Sequence[Fault] = (),
    ) -> None:
        faults = list(found)
        document = (
            source if isinstance(source, SolverParameter | Document) else load_solver(source, faults=faults)
        )
        self.document = document if isinstance(document, Document) else None
        self.param = document.message if isinstance(document, Document) else document
        checked = check_solver(document, level, stages, faults)
        self.seed = self.param.random_seed if self.param.random_seed >= 0 else fresh_seed()
        self.device = choose_device(self.param, device)
        self.net = Net(checked.train, weights=[*self.param.weights, *weights], seed=self.seed).to(self.device)
        self.testers = [
            Tester(Net(graph, seed=self.seed, share=self.net).to(self.device), iterations)
            for graph, iterations in checked.test
        ]
        self.rule = make_rule(self.param, update_params(self.net), self.seed)
        self.policy = make_policy(self.param)
        self.engine = Eager(self.net, self.rule, self.param.iter_size)
        self.iteration = 0
        self.scores: list[Scores | None] = [None] * len(self.testers)
        self.actions = actions or Actions()
        self.watchers: list[Watcher] = []
        self.stopping = False
        self.losses: deque[Tensor] = deque(maxlen=max(1, self.param.average_loss))
        self.prefix = self.param.snapshot_prefix or _default_prefix(self.document)
        self.run_path = Path(f"{self.prefix}.run")
        self._unsaved = False
        self._displayed = (0, time.perf_counter())

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
        param, engine = self.param, self.engine
        display, interval, snapshot = param.display, param.test_interval, param.snapshot
        stop = self.iteration + iterations
        self._displayed = (self.iteration, time.perf_counter())
        while self.iteration < stop and not self.stopping:
            now = self.iteration
            if interval and now % interval == 0 and (now or param.test_initialization):
                self.test()
                if self.stopping:
                    break
            lr = self.policy.rate(now)
            self.losses.append(engine.train_step(now, lr))
            if display and now % display == 0:
                self._display(lr)
            self.iteration = now + 1
            if (snapshot and self.iteration % snapshot == 0) or self.actions.pending:
                self._act(bool(snapshot) and self.iteration % snapshot == 0)

    def solve(self, resume: str | Path | None = None) -> int:
        """Train to ``max_iter``, with what Caffe does before and after.

        Args:
            resume: a snapshot to continue from; ``auto`` takes the newest of the run's folder, if any.

        Returns:
            0, or 5 where the last snapshot could not be written.

        Raises:
            SnapshotError: the run's folder can't be written to, or ``resume`` can't be continued from.
            Terminated: SIGTERM came; a snapshot has been taken.
        """
        log.info("Solving %s", self.net.name)
        log.info("Learning Rate Policy: %s", self.param.lr_policy)
        resumed = resume is not None and self.restore(resume)
        run = RunFolder(self.run_path, fresh=not resumed and not self.iteration)
        recorder = Recorder(run)
        try:
            if resumed:
                run.truncate(self.iteration)
            run.describe(self.param, self.document)
            self.watchers.insert(0, recorder)
            with self.actions.listening():
                self._loop()
        finally:
            if recorder in self.watchers:
                self.watchers.remove(recorder)
            run.close()
        if self.actions.terminated:
            raise Terminated(f"stopped by SIGTERM at iteration {self.iteration}")
        return 5 if self._unsaved else 0

    def snapshot(self) -> Path | None:
        """Write where the run stands: the native form, and Caffe's where ``snapshot_format`` is said.

        A snapshot that can't be written is a warning, not the end: training goes on.

        Returns:
            the native snapshot; None where it could not be written.
        """
        try:
            path = write_snapshot(self.run_path, capture(self))
            log.info("Snapshotting to %s", path)
            if self.param.HasField("snapshot_format"):
                write_caffe(self, self.prefix)
        except OSError as error:
            self._unsaved = True
            reason = error.strerror or error
            log.warning("The snapshot of iteration %d can't be written: %s", self.iteration, reason)
            return None
        self._unsaved = False
        self._tell("saved", path)
        return path

    def restore(self, path: str | Path) -> bool:
        """Go on from a snapshot; see `layerzoo.solver.state.restore`.

        Returns:
            False where ``auto`` found none.
        """
        return restore(self, path)

    def continue_from(self, iteration: int, seed: int | None, losses: Sequence[float]) -> None:
        """Take over a place in a run; for `restore`."""
        self.iteration = iteration
        self.losses.clear()
        self.losses.extend(torch.tensor(loss, device=self.device) for loss in losses)
        if seed is not None:
            self.seed = seed
            for net in [self.net, *self.test_nets]:
                net.clock.seed = seed

    @property
    def config_text(self) -> str:
        """The solver's config as resolved."""
        return emit(self.param, "prototxt")

    def test(self) -> list[Scores]:
        """Test every test net now."""
        return [self._test(index) for index in range(len(self.testers))]

    def _loop(self) -> None:
        self._tell("started")
        self.step(self.param.max_iter - self.iteration)
        every = self.param.snapshot
        if self.param.snapshot_after_train and not (every and self.iteration % every == 0):
            self.snapshot()
        if self.stopping:
            log.info("Optimization stopped early.")
        else:
            self._finish()
        self._tell("ended")

    def _test(self, index: int) -> Scores:
        log.info("Iteration %d, Testing net (#%d)", self.iteration, index)
        scores = self.scores[index] = self.testers[index].run(self.engine.test_step)
        if self.param.test_compute_loss:
            log.info("Test loss: %s", number(scores.loss))
        for line in output_lines(scores.values, scores.weights):
            log.info("    Test net output %s", line)
        self._tell("tested", index, scores)
        return scores

    def _display(self, lr: float) -> None:
        """What stands in the log for this iteration; the one place that waits for the device."""
        last, then = self._displayed
        now = time.perf_counter()
        seconds = now - then
        rate = (self.iteration - last) / seconds if seconds else 0.0
        self._displayed = (self.iteration, now)
        loss = self.loss
        outputs = output_values(self.net, self.engine.outputs)
        lines = output_lines(outputs, output_weights(self.net))
        train_lines(self.iteration, rate, seconds, self.param.display, loss, lines, lr)
        self._tell("displayed", loss, outputs)

    def _act(self, due: bool) -> None:
        """Take the snapshot that is due, and do what signals asked for."""
        asked = self.actions.take()
        self.stopping = self.stopping or Action.STOP in asked
        if due or Action.SNAPSHOT in asked:
            self.snapshot()

    def _finish(self) -> None:
        """After the last update: what it came to."""
        param = self.param
        if param.display and self.iteration % param.display == 0:
            self.losses.append(self.engine.loss_only(self.iteration))
            log.info("Iteration %d, loss = %s", self.iteration, number(self.loss))
        if param.test_interval and self.iteration % param.test_interval == 0:
            self.test()
        log.info("Optimization Done.")

    def _tell(self, event: str, *args: object) -> None:
        for watcher in self.watchers:
            getattr(watcher, event)(self, *args)


def update_params(net: Net) -> list[UpdateParam]:
    """A net's params as an update rule takes them, in Caffe's order."""
    found = []
    for spec, param in zip(net.graph.params, net.learnable, strict=True):
        layer = spec.users[0][0]
        name = f"{net.graph.layers[layer].name}.{spec.own.name}"
        found.append(UpdateParam(param, spec.lr_mult, spec.decay_mult, name))
    return found


def _default_prefix(document: Document[SolverParameter] | None) -> str:
    """Where snapshots go that no ``snapshot_prefix`` names: the working folder, by the solver's file name."""
    return document.path.stem if document is not None and document.path is not None else "layerzoo"
