"""The tests of a run: when they are due, and their scores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from torch import Tensor

from layerzoo.engine.labels import check_labels
from layerzoo.log import number
from layerzoo.net import Net
from layerzoo.optimizer import EvaluatedWeights
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter
from layerzoo.solver.actions import Action, Actions
from layerzoo.solver.outputs import output_lines
from layerzoo.solver.testing.pooled import Scores
from layerzoo.solver.testing.tester import Step, Tester
from layerzoo.state_fields import COUNT, Fields, if_present

log = logging.getLogger("layerzoo")

Tested = Callable[[int, Scores], object]
"""Called with the index and the scores of each test net."""


class NetTests:
    """Tests the test nets of a run, in the main process.

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

    def is_due(self, iteration: int, tested_at: int | None) -> bool:
        """Whether a test interval ends at an iteration that is not tested yet."""
        interval = self.param.test_interval
        return bool(interval and iteration % interval == 0 and tested_at != iteration and self.testers)

    def run(self, iteration: int, tested: Tested) -> list[Scores]:
        """Test every test net now; all processes have to call it together."""
        scores = self.ranks.on_main(lambda: self._run_all(iteration, self.step, tested))
        self.scores = list(scores)
        return scores

    def run_unless_stopped(self, iteration: int, tested: Tested, actions: Actions) -> list[Scores] | None:
        """Test every test net; None if a stop was requested: the next test then begins at the same batch."""

        def step(net: Net, batch: int) -> list[Tensor]:
            if Action.STOP in actions.pending:
                raise _Interrupted
            return self.step(net, batch)

        scores = self.ranks.on_main(lambda: self._try_all(iteration, step, tested))
        if scores is not None:
            self.scores = list(scores)
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

    def _try_all(self, iteration: int, step: Step, tested: Tested) -> list[Scores] | None:
        places = [tester.place() for tester in self.testers]
        try:
            return self._run_all(iteration, step, tested)
        except _Interrupted:
            for tester, place in zip(self.testers, places, strict=True):
                tester.go_back(place)
            log.info("Test interrupted.")
            return None

    def _run_all(self, iteration: int, step: Step, tested: Tested) -> list[Scores]:
        with self.average.in_place() if self.average is not None else nullcontext():
            return [self._run_one(iteration, index, step, tested) for index in range(len(self.testers))]

    def _run_one(self, iteration: int, index: int, step: Step, tested: Tested) -> Scores:
        log.info("Iteration %d, Testing net (#%d)", iteration, index)
        tester = self.testers[index]
        scores = self.scores[index] = tester.run(step)
        if tester.net.device.type != "cpu":
            check_labels(tester.net)
        if self.param.test_compute_loss:
            log.info("Test loss: %s", number(scores.loss))
        if self.param.show_per_class_result:
            for line in scores.class_lines():
                log.info("%s", line)
        for line in output_lines(scores.values, scores.weights):
            log.info("    Test net output %s", line)
        tested(index, scores)
        return scores


class _Interrupted(Exception):  # noqa: N818 (not an error)
    """Ends a test because a stop was requested."""
