import numpy as np
import pytest

from layerzoo.data.transform import STEPS, Batch, ImageStep, step, transform_steps
from layerzoo.errors import LayerzooError
from layerzoo.schema import TEST, TransformationParameter


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
