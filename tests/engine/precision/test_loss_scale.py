"""The loss scale of FP16."""

from __future__ import annotations

from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.schema import LossScaleParameter


def test_scale_grows_after_an_interval_and_falls_at_once() -> None:
    scale = LossScale(LossScaleParameter(initial=8, growth=2, backoff=0.5, interval=3))
    for expected in (8, 8, 16, 16):
        scale.grow()
        assert scale.value == expected
    scale.shrink()
    assert (scale.value, scale.good) == (8, 0), "the good ones are counted anew"
    for _ in range(3):
        scale.grow()
    assert scale.value == 16


def test_scale_is_spent_at_one() -> None:
    scale = LossScale(LossScaleParameter(initial=4, backoff=0.5))
    assert not scale.is_spent
    scale.shrink()
    scale.shrink()
    assert scale.value == 1
    assert scale.is_spent
    for _ in range(100):
        scale.shrink()
    assert scale.value == 2.0**-24, "never zero"


def test_defaults_are_those_of_the_schema() -> None:
    scale = LossScale(LossScaleParameter())
    assert (scale.value, scale.param.growth, scale.param.backoff, scale.param.interval) == (
        65536,
        2,
        0.5,
        2000,
    )


def test_state_dict_is_restored() -> None:
    scale = LossScale(LossScaleParameter(initial=8, interval=5))
    scale.grow()
    other = LossScale(LossScaleParameter(interval=5))
    other.load_state_dict(scale.state_dict())
    assert (other.value, other.good) == (8, 1)
