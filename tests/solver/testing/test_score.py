"""The score of a run, and early stopping by it."""

from __future__ import annotations

from math import nan

import pytest

from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, EarlyStoppingParameter, NetState, ScoreParameter, SolverParameter
from layerzoo.solver.testing.pooled import Scores
from layerzoo.solver.testing.score import EarlyStopping, Score, Scoring, check_score

NET = """
layer { name: "in" type: "Input" top: "x" top: "t"
        input_param { shape { dim: 2 dim: 3 } shape { dim: 2 } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x" bottom: "t" top: "a_loss" }
layer { name: "acc" type: "Accuracy" bottom: "x" bottom: "t" top: "hits" }
"""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(parse_net(NET), NetState(phase=TEST))


def scores(hits: float, loss: float = 0.0) -> Scores:
    return Scores({"a_loss": [loss], "hits": [hits]}, {"a_loss": 1.0, "hits": 0.0})


def stopping(min_delta: float = 0.0, patience: int = 2, min_iter: int = 0) -> EarlyStopping:
    return EarlyStopping(EarlyStoppingParameter(min_delta=min_delta, patience=patience, min_iter=min_iter))


def test_score_is_the_first_accuracy(graph: Graph) -> None:
    score = Score(ScoreParameter(), [graph])
    assert (score.output, score.higher_is_better) == ("hits", True)
    assert score.of([scores(0.25)]) == 0.25


def test_score_of_a_loss_is_better_when_lower(graph: Graph) -> None:
    score = Score(ScoreParameter(output="a_loss"), [graph])
    assert not score.higher_is_better
    for iteration, value in enumerate((3.0, 1.0, 2.0)):
        score.note(value, iteration)
    assert score.state_dict() == {"last": 2.0, "best": 1.0, "best_iteration": 1}
    assert score.gain(1.0, over=3.0) == 2.0


def test_score_that_a_layer_in_place_makes_of_an_accuracy_is_better_when_lower() -> None:
    net = (
        NET.replace('"hits"', '"error"')
        + """
layer { name: "wrong" type: "Power" bottom: "error" top: "error" power_param { scale: -1 shift: 1 } }
"""
    )
    graph = graph_of(parse_net(net), NetState(phase=TEST))
    assert not Score(ScoreParameter(output="error"), [graph]).higher_is_better
    assert Score(ScoreParameter(), [graph]).output == "a_loss"  # no output is an Accuracy's


def test_score_of_each_class_is_better_when_higher() -> None:
    net = NET.replace('top: "hits"', 'top: "hits" top: "by_class"')
    graph = graph_of(parse_net(net), NetState(phase=TEST))
    assert Score(ScoreParameter(output="by_class"), [graph]).higher_is_better


def test_score_that_is_equal_or_nan_is_not_the_best(graph: Graph) -> None:
    score = Score(ScoreParameter(), [graph])
    for iteration, value in enumerate((nan, 0.5, 0.5, nan)):
        score.note(value, iteration)
    assert (score.best, score.best_iteration) == (0.5, 1)


def test_score_state_dict_is_restored(graph: Graph) -> None:
    score = Score(ScoreParameter(), [graph])
    score.load_state_dict({"last": 0.1, "best": 0.9, "best_iteration": 3})
    assert (score.last, score.best, score.best_iteration) == (0.1, 0.9, 3)


def test_early_stopping_needs_a_gain_above_min_delta(graph: Graph) -> None:
    score, stop = Score(ScoreParameter(), [graph]), stopping(min_delta=0.25)
    stop.observe(0.5, score)
    stop.observe(0.75, score)  # exactly min_delta: no improvement
    assert (stop.best, stop.standing_still) == (0.5, 1)
    stop.observe(0.875, score)
    assert (stop.best, stop.standing_still) == (0.875, 0)


def test_early_stopping_without_min_delta_takes_an_equal_score_for_none(graph: Graph) -> None:
    score, stop = Score(ScoreParameter(), [graph]), stopping()
    for value in (0.5, 0.5, nan):
        stop.observe(value, score)
    assert stop.standing_still == 2
    assert stop.is_over(0)
    assert str(stop) == "was not better than 0.5 in 2 tests"


def test_early_stopping_waits_for_min_iter(graph: Graph) -> None:
    score, stop = Score(ScoreParameter(), [graph]), stopping(patience=1, min_iter=10)
    for value in (0.5, 0.4):
        stop.observe(value, score)
    assert [stop.is_over(iteration) for iteration in (9, 10)] == [False, True]
    other = stopping(patience=1)
    other.load_state_dict(stop.state_dict())
    assert other.is_over(0)


def test_scoring_without_tests_has_no_score(graph: Graph) -> None:
    scoring = Scoring(SolverParameter(), [graph])
    assert (scoring.score, scoring.parts, scoring.higher_is_better, scoring.is_over(5)) == (
        None,
        {},
        False,
        False,
    )
    with pytest.raises(ValueError, match="nothing is tested"):
        scoring.observe([scores(0.5)], 1)


def test_scoring_follows_score_and_early_stopping(graph: Graph) -> None:
    param = SolverParameter(test_interval=1)
    param.early_stopping_param.patience = 1
    scoring = Scoring(param, [graph])
    assert [scoring.observe([scores(hits)], i) for i, hits in enumerate((0.5, 0.25))] == [0.5, 0.25]
    assert scoring.parts.keys() == {"score", "early_stopping"}
    assert scoring.parts["score"].state_dict()["best_iteration"] == 0
    assert scoring.higher_is_better
    assert scoring.is_over(1)


def test_check_score_names_an_output_that_is_there(graph: Graph) -> None:
    param = SolverParameter(test_interval=1)
    param.score_param.output = "hit"
    (fault,) = check_score(param, [graph])
    assert (fault.field, fault.hint) == ("score_param.output", "did you mean 'hits'?")
    param.score_param.test_net = 1
    (fault,) = check_score(param, [graph])
    assert fault.field == "score_param.test_net"
