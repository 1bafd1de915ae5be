import numpy as np
import pytest

from layerzoo.data.transform import STEPS, Batch, ImageStep, step, transform_steps
from layerzoo.data.transform.step import check_limits
from layerzoo.errors import LayerFault, LayerzooError
from layerzoo.schema import TEST, BlurParameter, TransformationParameter


def test_step_registers_a_name_once(monkeypatch):
    monkeypatch.setattr(STEPS, "_known", dict(STEPS._known))

    @step
    class Invert(ImageStep):
        def image(self, image, index, batch):
            return 255 - image

    assert STEPS["Invert"] is Invert
    other = type("Invert", (ImageStep,), {"__module__": "elsewhere"})
    with pytest.raises(LayerzooError, match="transform step 'Invert' is already registered"):
        step(other)
    batch = Batch([np.array([[[1, 250]]], np.uint8)], np.arange(1))
    Invert()(batch)
    assert batch.images[0].tolist() == [[[254, 5]]]


def test_steps_have_docstrings():
    assert set(STEPS) >= {"ChannelOrder", "Crop", "Decode", "Mean", "Mirror", "Resize", "Scale"}
    ranks = [STEPS[name].rank for name in STEPS if STEPS[name].rank is not None]
    assert len(ranks) == len(set(ranks))
    for name in STEPS:
        assert STEPS[name].__doc__
        assert STEPS[name].rank is None or STEPS[name].fields


def test_of_returns_none_for_an_empty_param():
    assert transform_steps(TransformationParameter(), TEST) == []


@pytest.mark.parametrize("value", [-0.25, 1.25, float("nan"), float("inf")])
def test_check_limits(value):
    check_limits(BlurParameter(prob=1, max_sigma=0), "x.blur_param", {"prob": 1, "max_sigma": 3})
    with pytest.raises(LayerFault, match=f"prob is {value:g}; it has to be 0 to 1") as fault:
        check_limits(BlurParameter(prob=value), "x.blur_param", {"max_sigma": 100, "prob": 1})
    assert fault.value.field == "x.blur_param.prob"
