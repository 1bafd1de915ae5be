"""The score of a run: one output of one test net, its best value, and early stopping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isnan
from typing import Any, ClassVar

from layerzoo.data.described_sets import set_name
from layerzoo.errors import Fault, did_you_mean, nearest
from layerzoo.graph import Graph
from layerzoo.layer import LAYERS
from layerzoo.log import number
from layerzoo.schema import EarlyStoppingParameter, ScoreParameter, SolverParameter
from layerzoo.snapshot import BestScore
from layerzoo.solver.testing.pooled import Scores
from layerzoo.state_fields import COUNT, ITERATION, NUMBER, Fields, optional


class Score:
    """The score that ``score_param`` names, and its best value.

    Args:
        param: the output, and the direction.
        tested: graphs of the test nets.

    Attributes:
        test_net: index of the test net.
        output: name of the output; the score is the mean of its elements.
        higher_is_better: the direction.
        sets: names of the sets of the test nets.
        last, best, best_iteration: None before the first test; NaN is never the best.
    """

    fields: ClassVar[Fields] = {
        "last": optional(NUMBER),
        "best": optional(NUMBER),
        "best_iteration": optional(ITERATION),
    }

    def __init__(self, param: ScoreParameter, tested: Sequence[Graph]) -> None:
        graph = tested[param.test_net]
        self.test_net = param.test_net
        accuracies = _accuracies(graph)
        names = [blob.name for blob in graph.outputs]
        self.output = param.output or next((name for name in names if name in accuracies), names[0])
        accurate = self.output in accuracies
        better = param.better if param.HasField("better") else ScoreParameter.HIGHER * accurate
        self.higher_is_better = better == ScoreParameter.HIGHER
        self.sets = [set_name(graph) for graph in tested]
        self.last: float | None = None
        self.best: float | None = None
        self.best_iteration: int | None = None

    def choice(self, value: float) -> BestScore:
        """The reason to keep the weights of a test with a score.

        The last test net's outputs are the results, so where a second one follows the one that chooses, its
        set has had no part in the choice.
        """
        last = len(self.sets) - 1
        chosen_by, scored_by = self.sets[self.test_net], self.sets[last]
        return BestScore(self.output, value, self.higher_is_better, self.test_net, chosen_by, last, scored_by)

    def of(self, scores: Sequence[Scores]) -> float:
        """The score, from the results of all test nets."""
        values = scores[self.test_net].values[self.output]
        return sum(values) / len(values)

    def note(self, value: float, iteration: int) -> None:
        """Record the score of an iteration."""
        self.last = value
        if not isnan(value) and (self.best is None or self.gain(value, self.best) > 0):
            self.best, self.best_iteration = value, iteration

    def state_dict(self) -> dict[str, Any]:
        """The last and the best score."""
        return {"last": self.last, "best": self.best, "best_iteration": self.best_iteration}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the last and the best score."""
        self.last, self.best, self.best_iteration = (
            state[name] for name in ("last", "best", "best_iteration")
        )

    def gain(self, value: float, over: float) -> float:
        """The improvement of a score over another; negative if it is worse."""
        return value - over if self.higher_is_better else over - value


class EarlyStopping:
    """Counts tests without improvement.

    Args:
        param: the patience, and what counts as an improvement.

    Attributes:
        best: the score to improve on; None before the first.
        standing_still: tests since the last improvement.
    """

    fields: ClassVar[Fields] = {"best": optional(NUMBER), "standing_still": COUNT}

    def __init__(self, param: EarlyStoppingParameter) -> None:
        self.param = param
        self.best: float | None = None
        self.standing_still = 0

    def observe(self, value: float, score: Score) -> None:
        """Record the score of a test."""
        gain = inf if self.best is None else score.gain(value, self.best)
        if not isnan(value) and gain > self.param.min_delta:
            self.best, self.standing_still = value, 0
        else:
            self.standing_still += 1

    def is_over(self, iteration: int) -> bool:
        """Whether training has to end at an iteration."""
        return self.standing_still >= self.param.patience and iteration >= self.param.min_iter

    def __str__(self) -> str:
        margin = f" by more than {number(self.param.min_delta)}" if self.param.min_delta else ""
        return f"was not better than {number(self.best or 0)}{margin} in {self.standing_still} tests"

    def state_dict(self) -> dict[str, Any]:
        """The best score and the count."""
        return {"best": self.best, "standing_still": self.standing_still}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the best score and the count."""
        self.best, self.standing_still = state["best"], state["standing_still"]


class Scoring:
    """The score of a run, and early stopping by it.

    Args:
        param: the solver's config.
        tested: graphs of the test nets.

    Attributes:
        score: the score; None without tests.
        early_stopping: None without ``early_stopping_param``.
    """

    def __init__(self, param: SolverParameter, tested: Sequence[Graph]) -> None:
        self.score = Score(param.score_param, tested) if tested and param.test_interval else None
        stops = param.HasField("early_stopping_param")
        self.early_stopping = EarlyStopping(param.early_stopping_param) if stops else None

    @property
    def higher_is_better(self) -> bool:
        """The direction of the score; False without a score."""
        return self.score is not None and self.score.higher_is_better

    @property
    def parts(self) -> dict[str, Score | EarlyStopping]:
        """The parts that a snapshot keeps, by name."""
        parts = {"score": self.score, "early_stopping": self.early_stopping}
        return {name: part for name, part in parts.items() if part is not None}

    def observe(self, scores: Sequence[Scores], iteration: int) -> float:
        """Record the results of all test nets; returns the score.

        Raises:
            ValueError: nothing is tested.
        """
        if self.score is None:
            raise ValueError("nothing is tested")
        value = self.score.of(scores)
        self.score.note(value, iteration)
        if self.early_stopping is not None:
            self.early_stopping.observe(value, self.score)
        return value

    def is_over(self, iteration: int) -> bool:
        """Whether training ends early at an iteration."""
        return self.early_stopping is not None and self.early_stopping.is_over(iteration)


def check_score(param: SolverParameter, tested: Sequence[Graph]) -> list[Fault]:
    """Faults of the fields that concern a score; each names its field.

    Args:
        param: the solver.
        tested: graphs of the test nets.
    """
    found = [
        Fault(f"{path} is {value:g}; it has to be {least} or more", field=path)
        for path, value, least in _numbers(param)
        if not value >= least
    ]
    if not tested or not (param.test_interval or param.test_epoch > 0):
        return found + [
            Fault(f"{needs} needs a score, but nothing is tested", field=field, hint="set test_interval")
            for needs, field in _needing(param).items()
        ]
    asked = param.score_param
    if not 0 <= asked.test_net < len(tested):
        message = f"score_param.test_net is {asked.test_net}; there are {len(tested)} test nets, from 0"
        return [*found, Fault(message, field="score_param.test_net")]
    names = [blob.name for blob in tested[asked.test_net].outputs]
    if asked.output and asked.output not in names:
        hint = did_you_mean(nearest(asked.output, names)) or f"the outputs are {', '.join(names)}"
        message = f"score_param.output: the test net has no output '{asked.output}'"
        found.append(Fault(message, field="score_param.output", hint=hint))
    return found


def _needing(param: SolverParameter) -> dict[str, str]:
    """The settings of a solver that need a score, each with its field."""
    needing = {
        "lr_policy 'plateau'": (
            "lr_policy",
            param.lr_policy == "plateau" and not param.plateau_winsize,
        ),
        "early_stopping_param": ("early_stopping_param", param.HasField("early_stopping_param")),
        "score_param": ("score_param", param.HasField("score_param")),
        "keep_param.best": ("keep_param.best", param.keep_param.HasField("best") and param.keep_param.best),
    }
    return {what: field for what, (field, needs) in needing.items() if needs}


def _numbers(param: SolverParameter) -> list[tuple[str, float, int]]:
    """Path, value and minimum of each number."""
    stopping, keep = param.early_stopping_param, param.keep_param
    return [
        ("early_stopping_param.patience", stopping.patience, 1),
        ("early_stopping_param.min_delta", stopping.min_delta, 0),
        ("keep_param.last", keep.last, 0),
        ("keep_param.every", keep.every, 0),
        ("keep_param.best", keep.best, 0),
    ]


def _accuracies(graph: Graph) -> set[str]:
    """Names of the outputs of layers where higher is better, such as Accuracy.

    A layer in place behind one makes another version of its top, e.g. an error of an accuracy.
    """
    layers = (layer for layer in graph.layers if LAYERS[layer.kind.type_name].higher_is_better)
    versions = {top for layer in layers for top in layer.tops}
    return {blob.name for blob in graph.outputs if blob.index in versions}
