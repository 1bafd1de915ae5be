"""What Optuna brings: the search TPE, and pruning of trials that fall behind (extra ``tune``).

Nothing of Optuna is kept between two questions: a study is made of the trials in the journal each time, so a
tune goes on after a kill as if nothing had happened.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from layerzoo.errors import MissingExtraError
from layerzoo.seeds import stable_seed
from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import Trial
from layerzoo.tune.search import RandomSearch, Values

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study

FIRST: Final = 10
"""Trials that TPE takes at random before it models anything."""
_SEEDS: Final = 2**32


def check_optuna(what: str) -> None:
    """Check that Optuna is installed.

    Raises:
        MissingExtraError: it is not.
    """
    _optuna(what)


class TPESearch:
    """Tree-structured Parzen estimator (Bergstra et al. 2011), after `FIRST` random trials.

    Trials that are running count as bad ones, so that those at the same time differ. What is proposed is a
    function of seed, number and the trials so far.

    Raises:
        MissingExtraError: Optuna is not installed.
    """

    def __init__(self, axes: Sequence[Axis], seed: int, maximise: bool) -> None:
        check_optuna("search: tpe")
        self._axes, self._seed, self._maximise = axes, seed, maximise
        self._random = RandomSearch(axes, seed)

    def propose(self, number: int, trials: Sequence[Trial] = ()) -> Values:
        """The values of a trial."""
        if number < FIRST:
            return self._random.propose(number)
        optuna = _optuna("search: tpe")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=stable_seed("tpe", self._seed, number) % _SEEDS, n_startup_trials=1, constant_liar=True
            )
        study = study_of(trials, self._axes, self._maximise, sampler)
        params = study.ask({axis.path: _distribution(axis) for axis in self._axes}).params
        return {axis.path: _text(axis, params[axis.path]) for axis in self._axes}


class Pruning:
    """Ends a trial whose score is behind those of others at the same iteration.

    Args:
        percentile: the share of trials, in percent, that go on: 50 ends those behind the median.
        first: number of finished trials before any is pruned.
        warmup: iterations of a trial before it is pruned.
        maximise: larger is better.

    Raises:
        MissingExtraError: Optuna is not installed.
    """

    def __init__(self, percentile: float, first: int, warmup: int, maximise: bool) -> None:
        optuna = _optuna("prune")
        self._maximise = maximise
        self._pruner = optuna.pruners.PercentilePruner(
            percentile, n_startup_trials=first, n_warmup_steps=warmup
        )

    def is_behind(self, trial: Trial, trials: Iterable[Trial]) -> bool:
        """Whether to end a trial, by its curve so far and those of the trials that have ended."""
        if not trial.curve:
            return False
        if not isfinite(trial.curve[-1][1]):
            return True
        ended = [one for one in trials if one.number != trial.number and one.state != "begun"]
        study = study_of(ended, (), self._maximise)
        return bool(self._pruner.prune(study, _frozen(trial, ())))


def study_of(trials: Iterable[Trial], axes: Sequence[Axis], maximise: bool, sampler: Any = None) -> Study:
    """A study in memory with the trials; those without a score are left out of its model."""
    optuna = _optuna("search: tpe")
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study: Study = optuna.create_study(
            direction="maximize" if maximise else "minimize",
            sampler=sampler or optuna.samplers.RandomSampler(seed=0),
        )
    finally:
        optuna.logging.set_verbosity(level)
    study.add_trials([_frozen(trial, axes) for trial in trials])
    return study


def _frozen(trial: Trial, axes: Sequence[Axis]) -> Any:
    """A trial as Optuna has it."""
    optuna = _optuna("search: tpe")
    states = optuna.trial.TrialState
    state = {"done": states.COMPLETE, "pruned": states.PRUNED, "begun": states.RUNNING}.get(
        trial.state, states.FAIL
    )
    value = trial.value if state == states.COMPLETE else None
    return optuna.trial.create_trial(
        state=state,
        value=value,
        params={axis.path: _param(axis, trial.values[axis.path]) for axis in axes},
        distributions={axis.path: _distribution(axis) for axis in axes},
        intermediate_values={at: value for at, value in trial.curve if isfinite(value)},
    )


def _distribution(axis: Axis) -> BaseDistribution:
    """The values of an axis as Optuna has them; of a range with steps, the indices of its levels."""
    distributions = _optuna("search: tpe").distributions
    if axis.levels and not axis.ordered:
        return distributions.CategoricalDistribution(axis.levels)  # type: ignore[no-any-return]
    if axis.ordered:
        return distributions.IntDistribution(0, len(axis.levels) - 1)  # type: ignore[no-any-return]
    if axis.integer:
        return distributions.IntDistribution(int(axis.low), int(axis.high), log=axis.log)  # type: ignore[no-any-return]
    return distributions.FloatDistribution(axis.low, axis.high, log=axis.log)  # type: ignore[no-any-return]


def _param(axis: Axis, text: str) -> str | int | float:
    """A value as a parameter of its distribution."""
    if axis.levels:
        return axis.levels.index(text) if axis.ordered else text
    return int(text) if axis.integer else float(text)


def _text(axis: Axis, param: Any) -> str:
    """A parameter as a value."""
    if axis.levels:
        return axis.levels[param] if axis.ordered else str(param)
    return axis.text_of(param)


def _optuna(what: str) -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingExtraError(what, "tune") from None
    return optuna
