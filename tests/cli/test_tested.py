"""The net that a command evaluates."""

from __future__ import annotations

import pytest

from layerzoo.cli.tested import tested_net as net_of
from layerzoo.errors import UsageError


def test_entry_has_weights_and_class_names() -> None:
    net, labels = net_of(
        "mlp-digits", None, [], False, ["net.layer[digits,TEST].dataset_param.batch_size=72"], None, None
    )
    assert labels == list("0123456789")
    assert net()["loss"].item() < 1
    assert net.blobs["data"].shape == (72, 1, 8, 8)


def test_config_has_only_the_given_weights() -> None:
    net, labels = net_of(None, "configs/mlp_train_test.yaml", [], False, [], (), None)
    assert labels == list("0123456789"), "of its data layer"
    assert net()["loss"].item() > 1
    with pytest.raises(UsageError, match="-zoo, -run or -model is required"):
        net_of(None, None, [], False, [], None, None)
