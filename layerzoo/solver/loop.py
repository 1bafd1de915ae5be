"""The training loop: update, test, display and take snapshots, in Caffe's order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from layerzoo.data import DataLayer
from layerzoo.engine import Engine
from layerzoo.log import number
from layerzoo.optimizer import FullBatchRule, RuleSet
from layerzoo.solver.actions import Action, Actions
from layerzoo.solver.callbacks.callback import Callbacks, Displayed
from layerzoo.solver.callbacks.display import Display
from layerzoo.solver.failures.non_finite import NonFiniteHandler
from layerzoo.solver.outputs import output_lines, output_values, output_weights
from layerzoo.solver.pace import Pace
from layerzoo.solver.snapshots.run_state import RunState
from layerzoo.solver.snapshots.saver import Saver
from layerzoo.solver.testing.net_tests import NetTests
from layerzoo.solver.testing.pooled import Scores
from layerzoo.solver.testing.score import Scoring

log = logging.getLogger("layerzoo")


class Loop:
    """Runs the iterations of a run.

    Args:
        run: the run's state.
        engine: makes the updates.
        tests: tests the test nets.
        scoring: the score and early stopping.
        saver: writes snapshots.
        failures: checks the params before a snapshot is written.
        actions: the requests of signals.
        callbacks: called on progress.
        reports: whether this process tests, displays and takes snapshots.
    """

    def __init__(
        self,
        run: RunState,
        engine: Engine,
        tests: NetTests,
        scoring: Scoring,
        saver: Saver,
        failures: NonFiniteHandler,
        actions: Actions,
        callbacks: Callbacks,
        reports: Callable[[], bool],
    ) -> None:
        self.run = run
        self.engine = engine
        self.tests = tests
        self.scoring = scoring
        self.saver = saver
        self.failures = failures
        self.actions = actions
        self.callbacks = callbacks
        self.reports = reports
        saver.tell = callbacks.saved
        self._display = Display(run.param.display)
        self._pace = Pace(run.ranks, self._waited)
        self._ends_at = float("inf")
        self._whole = False

    def to_the_end(self, whole: bool = False) -> None:
        """Train to ``max_iter``, with Caffe's final snapshot, loss and test.

        Args:
            whole: also test the final params if Caffe would not, and keep the best weights of all tests.
        """
        with self.saver.settled():
            self._to_the_end(whole)
        self.callbacks.ended(self.run.train.iteration)

    def _to_the_end(self, whole: bool) -> None:
        param, state, ranks = self.run.param, self.run.train, self.run.ranks
        self._whole = whole
        self.callbacks.started(state.iteration, state.tested_at == state.iteration)
        if param.max_time:
            self._ends_at = time.monotonic() + param.max_time
        if self.scoring.is_over(state.iteration):
            self._end("early stopping ended this run before")
        self.advance(param.max_iter - state.iteration)
        self.saver.settle(wait=True)
        wanted = state.stopping or param.snapshot_after_train or time.monotonic() >= self._ends_at
        if ranks.from_main(self.saver.failed or (wanted and self.saver.saved_at != state.iteration)):
            self._save(not state.stopping and self._last_test_is_due())
        if not state.stopping:
            self._finish()
        for layer in self.run.net.data_layers:
            if isinstance(layer, DataLayer):
                layer.report()
        self.saver.settle(wait=True)
        log.info("Optimization stopped early." if state.stopping else "Optimization Done.")

    def is_complete(self, folder: Path) -> bool:
        """Whether nothing is left to do for a run that was resumed: it is trained, tested and saved.

        Args:
            folder: the run's folder.
        """
        iteration, run = self.run.train.iteration, self.run
        if iteration < run.param.max_iter or run.untested:
            return False
        saved = self.saver.saved_at == iteration or not (folder / f"iter_{iteration}").exists()
        return run.ranks.from_main(saved)

    def step(self, iterations: int) -> None:
        """Make a number of updates, whatever ended the loop before; snapshots are written when it returns."""
        state = self.run.train
        state.stopping = state.done = False
        with self.saver.settled():
            self.advance(iterations)

    def advance(self, iterations: int) -> None:
        """Make a number of updates, unless the run ends before."""
        run, engine, state = self.run, self.engine, self.run.train
        param, average = run.param, run.average
        display, snapshot = param.display, param.snapshot
        searching = run.rule if isinstance(run.rule, FullBatchRule) else None
        timed = self._ends_at < float("inf")
        stop = state.iteration + iterations
        self._display.begin(state.iteration, self._waited())
        if average is not None and not state.iteration:
            average.restart()  # weights may have been loaded since
        while state.iteration < stop and not state.ended:
            now = state.iteration
            if self._test_is_due() and (now or param.test_initialization):
                self._test()
                if state.ended:
                    break
            count = self._together(now, stop)
            rates = [run.lr.during(now + place, state.losses) for place in range(count)]
            with self._pace.measured(count):
                state.losses.extend(engine.train_steps(now, rates))
            now += count - 1
            if display and now % display == 0 and self.reports():
                self._show(run.lr(now))
            state.iteration = now + 1
            if average is not None:
                average.update(now + 1)
            self.callbacks.updated(state.iteration)
            if searching is not None and searching.stuck:
                self._end("the line search finds no lower loss: the params are at a minimum")
            if timed and run.ranks.from_main(time.monotonic() >= self._ends_at):
                self._end(f"max_time of {param.max_time:g} seconds has passed")
            self._act(bool(snapshot) and state.iteration % snapshot == 0)
        if engine.guard is not None:
            engine.guard.look(state.iteration)

    def _together(self, now: int, stop: int) -> int:
        """The number of iterations to make at once: 1, or the engine's number if nothing is due between."""
        count, run = self.engine.together, self.run
        averages = run.average is not None and run.average.updates
        if count == 1 or averages or now + count > stop:
            return 1
        tested_at, display, snapshot = run.train.tested_at, run.param.display, run.param.snapshot
        for done in range(now + 1, now + count):
            displayed = display and (done - 1) % display == 0
            if displayed or (snapshot and done % snapshot == 0) or self.tests.is_due(done, tested_at):
                return 1
        return count

    def snapshot(self) -> Path | None:
        """Write a snapshot; see `layerzoo.solver.Solver.snapshot`."""
        return self._snapshot(wait=True)

    def _snapshot(self, wait: bool) -> Path | None:
        at_end = self._whole and self.run.train.iteration >= self.run.param.max_iter
        return self._save(self._last_test_is_due() if at_end else self._test_is_due(), wait)

    def _save(self, test_is_due: bool, wait: bool = True) -> Path | None:
        """Write a snapshot, which has no score while the test of its params is still due."""
        if not self.reports():
            return None
        iteration = self.run.train.iteration
        with self.engine.sync.averaged():
            if not self.failures.admits_snapshot(iteration):
                self.saver.failed, self.saver.failure = True, "the params are not finite"
                return None
            return self.saver.save(self.run, test_is_due, wait)

    def test(self) -> list[Scores]:
        """Test every test net now."""
        with self.engine.sync.averaged():
            return self.tests.run(self.run.train.iteration, self._tested)

    def _end(self, why: str) -> None:
        """End the loop before ``max_iter``."""
        self.run.train.done = True
        log.info("Iteration %d: %s. Training ends.", self.run.train.iteration, why)

    def _test_is_due(self) -> bool:
        state = self.run.train
        return self.tests.is_due(state.iteration, state.tested_at) and self.reports()

    def _last_test_is_due(self) -> bool:
        """Whether the params at the end have to be tested."""
        state = self.run.train
        ended = (state.done or self._whole) and self.scoring.score is not None
        return self._test_is_due() or (ended and state.tested_at != state.iteration and self.reports())

    def _test(self) -> None:
        """Run a test that is due, unless a stop interrupts it.

        Its score goes to the policy, the saver and early stopping.
        """
        with self.engine.sync.averaged():
            scores = self.tests.run_unless_stopped(self.run.train.iteration, self._tested, self.actions)
            if scores is not None:
                self._note(scores)
        if scores is None:
            self._act(False)

    def _note(self, scores: list[Scores]) -> None:
        """Give the score of a test to those who use it."""
        state = self.run.train
        state.tested_at = state.iteration
        score = self.scoring.score
        if score is None:
            return
        value = self.scoring.observe(scores, state.iteration)
        self.run.lr.policy.observe(value, score.higher_is_better)
        self.saver.add_score(state.iteration, value)
        if self._whole and state.iteration and self.run.param.keep_param.best_weights:
            self.saver.keep_best(self.run, score.choice(value))
        if self.scoring.is_over(state.iteration):
            self._end(f"{score.output} {self.scoring.early_stopping}")

    def _tested(self, index: int, scores: Scores) -> None:
        self.callbacks.tested(self.run.train.iteration, index, scores)

    def _show(self, rate: float) -> None:
        """Log this iteration's display; waits for the device."""
        net, state = self.run.net, self.run.train
        loss, outputs = state.loss, output_values(net, self.engine.outputs)
        lines = output_lines(outputs, output_weights(net))
        updates = self._updates(rate)
        share = self._display.show(state.iteration, loss, lines, rate, self._waited(), updates)
        self.callbacks.displayed(Displayed(state.iteration, loss, rate, outputs, share, updates))

    def _updates(self, rate: float) -> dict[str, dict[str, float]]:
        """Rate and loss of each of several updates; waits for the device."""
        rule, own = self.run.rule, self.engine.updates
        if not isinstance(rule, RuleSet):
            return {}
        losses = {} if own is None else {name: {"loss": loss} for name, loss in own.losses.items()}
        return {m.name: {**losses.get(m.name, {}), "lr": float(m.rate(rate))} for m in rule.members}

    def _waited(self) -> float:
        """Seconds that the training net has waited for data."""
        return sum(layer.waited for layer in self.run.net.data_layers if isinstance(layer, DataLayer))

    def _act(self, due: bool) -> None:
        """Take a snapshot that is due, and serve the requests of signals."""
        self.saver.settle()
        asked, state = self.actions.take(self.run.ranks), self.run.train
        state.stopping = state.stopping or Action.STOP in asked
        if due or Action.SNAPSHOT in asked:
            self._snapshot(wait=False)

    def _finish(self) -> None:
        """Log the loss after the last update, and test if a test is due."""
        param, state = self.run.param, self.run.train
        if param.display and state.iteration % param.display == 0:
            state.losses.append(self.engine.loss_only(state.iteration))
            log.info("Iteration %d, loss = %s", state.iteration, number(state.loss))
            for name, loss in (self.engine.updates.losses if self.engine.updates else {}).items():
                log.info("Iteration %d, %s loss = %s", state.iteration, name, number(loss))
        if self._last_test_is_due():
            self._test()
