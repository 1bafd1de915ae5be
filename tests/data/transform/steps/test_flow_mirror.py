import numpy as np

from layerzoo.data.transform import Pipeline, transform_steps
from layerzoo.data.transform.steps.flow_mirror import FlowMirror
from layerzoo.schema import TRAIN, TransformationParameter


def test_mirrored_flow_has_x_inverted():
    param = TransformationParameter(is_flow=True, mirror=True, mean_value=[128])
    flow = np.array([[[100, 200]], [[10, 20]]] * 2, np.uint8)
    out = Pipeline(*transform_steps(param, TRAIN))([flow] * 30, np.arange(30), key=1) + 128
    kinds = {tuple(image.flatten().astype(int).tolist()) for image in out}
    assert kinds == {(100, 200, 10, 20) * 2, (55, 155, 20, 10) * 2}


def test_of_needs_mirror():
    assert FlowMirror.of(TransformationParameter(is_flow=True), TRAIN) is None
    assert FlowMirror.of(TransformationParameter(mirror=True), TRAIN) is None
