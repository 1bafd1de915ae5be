from __future__ import annotations

from layerzoo.layer import LAYERS
from layerzoo.layer.shared_fields import without_weights


def test_types_without_weights_ignore_them():
    assert "loss_param.class_weighting" in LAYERS["SigmoidCrossEntropyLoss"].ignores
    assert "softmax_param.class_weight" in LAYERS["Softmax"].ignores
    assert "loss_param.class_weighting" not in LAYERS["SoftmaxWithLoss"].ignores


def test_other_messages_have_none():
    assert without_weights(("relu_param",)) == {}
