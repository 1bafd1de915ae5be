"""The tests of a run: when they are due, and their scores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from torch import Tensor

from layerzoo.engine.labels import check_labels
from layerzoo.engine.sharding import is_sharded
from layerzoo.log import number
from layerzoo.net import Net
from layerzoo.optimizer import EvaluatedWeights
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter
from layerzoo.solver.actions import Action, Actions
from layerzoo.solver.outputs import output_lines
from layerzoo.solver.testing.pooled import Scores
from layerzoo.solver.testing.split import SplitTest, of_main, why_in_sequence
from layerzoo.solver.testing.tester import Step, Tester
from layerzoo.state_fields import COUNT, Fields, if_present

log = logging.getLogger("layerzoo")

Tested = Callable[[int, Scores], object]
"""Called with the index and the scores of each test net."""


class NetTests:
    """Tests the test nets of a run.

    Several processes share the batches of a test (`SplitTest`). A net whose batches have to be run in
    sequence is tested in the main process, while the others wait.

    Args:
        param: the solver's config.
        testers: of the test nets, in order.
        step: runs one batch of a test net.
        average: averaged params to test with, if ``ema_param`` is set.
        ranks: the processes that train together.

    Attributes:
        scores: of the last test of each test net.
    """

    def __init__(
        self,
        param: SolverParameter,
        testers: Sequence[Tester],
        step: Step,
        average: EvaluatedWeights | None,
        ranks: Ranks,
    ) -> None:
        self.param = param
        self.testers = testers
        self.step = step
        self.average = average if param.ema_param.test else None
        self.ranks = ranks
        self.scores: list[Scores | None] = [None] * len(testers)
        self._in_step = is_sharded(param, ranks.count)
        self._split = [self._splitting(index, tester) for index, tester in enumerate(testers)]

    def is_due(self, iteration: int, tested_at: int | None) -> bool:
        """Whether a test interval ends at an iteration that is not tested yet."""
        interval = self.param.test_interval
        return bool(interval and iteration % interval == 0 and tested_at != iteration and self.testers)

    def run(self, iteration: int, tested: Tested) -> list[Scores]:
        """Test every test net now; all processes have to call it together."""
        scores = self._run_all(iteration, tested, lambda: False)
        assert scores is not None
        return scores

    def run_unless_stopped(self, iteration: int, tested: Tested, actions: Actions) -> list[Scores] | None:
        """Test every test net; None if a stop was requested: the next test then begins at the same batch."""
        places = [tester.place() for tester in self.testers]
        scores = self._run_all(iteration, tested, lambda: Action.STOP in actions.pending)
        if scores is None:
            for tester, place in zip(self.testers, places, strict=True):
                tester.go_back(place)
            log.info("Test interrupted.")
        return scores

    @property
    def fields(self) -> Fields:
        """The fields of the state."""
        return {f"test{index}": if_present(COUNT) for index in range(len(self.testers))}

    def state_dict(self) -> dict[str, Any]:
        """The number of the next batch of each test net."""
        return {f"test{index}": tester.cursor for index, tester in enumerate(self.testers)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the numbers of `state_dict`; a net that is missing there starts at 0."""
        for index, tester in enumerate(self.testers):
            tester.cursor = state.get(f"test{index}", 0)

    def _splitting(self, index: int, tester: Tester) -> SplitTest | None:
        """How several processes test a net; None if one does."""
        if self.ranks.count == 1:
            return None
        reason = why_in_sequence(tester.net)
        if reason is None:
            return SplitTest(tester, self.ranks, self._in_step)
        log.debug("Test net (#%d) is tested in the main process alone: %s", index, reason)
        return None

    def _run_all(self, iteration: int, tested: Tested, stopped: Callable[[], bool]) -> list[Scores] | None:
        split = [one.tester.net for one in self._split if one is not None]
        with ExitStack() as stack:
            if self.average is not None:
                stack.enter_context(self.average.in_place())
            if split:
                stack.enter_context(of_main(split, self.ranks))
            found = []
            for index in range(len(self.testers)):
                scores = self._run_one(iteration, index, tested, stopped)
                if scores is None:
                    return None
                found.append(scores)
        self.scores = list(found)
        return found

    def _run_one(
        self, iteration: int, index: int, tested: Tested, stopped: Callable[[], bool]
    ) -> Scores | None:
        log.info("Iteration %d, Testing net (#%d)", iteration, index)
        tester, split = self.testers[index], self._split[index]
        scores = self._in_one(tester, stopped) if split is None else split.run(self.step, stopped)
        if tester.net.device.type != "cpu":
            check_labels(tester.net)
        if scores is not None and self.ranks.is_main:
            self._show(index, scores)
            tested(index, scores)
        return scores

    def _in_one(self, tester: Tester, stopped: Callable[[], bool]) -> Scores | None:
        """Test a net in the main process; all run it where they hold parts of its params."""
        if not self._in_step:
            return self.ranks.on_main(lambda: self._in_sequence(tester, stopped))
        return self.ranks.from_main(self._in_sequence(tester, lambda: bool(self.ranks.bitwise_or(stopped()))))

    def _in_sequence(self, tester: Tester, stopped: Callable[[], bool]) -> Scores | None:
        """Test a net in this process; None if it was stopped."""

        def step(net: Net, batch: int) -> list[Tensor]:
            if stopped():
                raise _Interrupted
            return self.step(net, batch)

        try:
            return tester.run(step)
        except _Interrupted:
            return None

    def _show(self, index: int, scores: Scores) -> None:
        """Log the scores of a net."""
        self.scores[index] = scores
        if self.param.test_compute_loss:
            log.info("Test loss: %s", number(scores.loss))
        if self.param.show_per_class_result:
            for line in scores.class_lines():
                log.info("%s", line)
        for line in output_lines(scores.values, scores.weights):
            log.info("    Test net output %s", line)


class _Interrupted(Exception):  # noqa: N818 (not an error)
    """Ends a test because a stop was requested."""
