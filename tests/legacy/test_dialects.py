from __future__ import annotations

import pytest

from layerzoo.loader import parse_net
from layerzoo.schema import BNParameter

BN = 'layer { name: "b" type: "BN" bottom: "x" top: "b" %s } '
ACCURACY = 'layer { name: "a" type: "Accuracy" bottom: "b" bottom: "l" top: "a" %s } '
HEADER = 'input: "x" input_shape { dim: 1 } '
INPUT = 'layer { name: "x" type: "Input" top: "x" } '
UNPOOL = 'layer { name: "u" type: "Upsample" bottom: "x" bottom: "m" top: "u" } '


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        (BN % "", None),
        (HEADER + BN % "", "SEGNET"),
        (UNPOOL + BN % "", "SEGNET"),
        (INPUT + UNPOOL + BN % "", "SEGNET"),
        (INPUT + BN % "", "CAFFE_WINDOWS"),
        (INPUT + BN % "bn_param { frozen: true }", "CAFFE_WINDOWS"),
        (HEADER + BN % "bn_param { frozen: true }", None),
        (HEADER + BN % "" + BN % "bn_param { frozen: true }", None),
        (HEADER + BN % "bn_param { bn_mode: LEARN }", None),
        (INPUT + BN % "bn_param { dialect: PSPNET }", "PSPNET"),
    ],
)
def test_dialect_of_bn(text, dialect):
    document = parse_net(text)
    param = next(layer for layer in document.message.layer if layer.type == "BN").bn_param
    assert (BNParameter.Dialect.Name(param.dialect) if param.HasField("dialect") else None) == dialect


def test_accuracy_by_class():
    two = ACCURACY % 'top: "c"'
    for text, expected in (
        (two, False),
        (INPUT + two, False),
        (UNPOOL + two, True),
        (HEADER + two, True),
        (HEADER + ACCURACY % "", False),
        (UNPOOL + ACCURACY % 'top: "c" accuracy_param { segnet_classes: false }', False),
    ):
        param = next(x for x in parse_net(text).message.layer if x.type == "Accuracy").accuracy_param
        assert param.segnet_classes == expected, text


def test_changes_are_noted():
    notes = parse_net(HEADER + BN % "" + BN % "" + ACCURACY % 'top: "c"').notes
    assert notes[:2] == ["BN of 2 layers taken as SEGNET", "accuracy by class of 1 layer taken as SegNet's"]
    assert parse_net(BN % "").notes == []
