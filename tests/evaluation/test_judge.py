"""Running nets over their test sets."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.datasets.digits import Digits
from layerzoo.errors import UsageError
from layerzoo.evaluation import judge
from layerzoo.evaluation.judge import passes
from layerzoo.loader import parse_net
from layerzoo.net import Net

DATA = """
layer:
- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: test, batch_size: 100, size: 8}}
- {name: ip, type: InnerProduct, bottom: data, top: ip,
   inner_product_param: {num_output: 10, weight_filler: {type: xavier}}}
"""
LOSS = "- {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}\n"
ACCURACY = "- {name: accuracy, type: Accuracy, bottom: [ip, label], top: accuracy}\n"


def net(text: str) -> Net:
    return Net(parse_net(text, format="yaml"), "TEST", seed=1)


@pytest.mark.parametrize("judges", [LOSS, ACCURACY, LOSS + ACCURACY])
def test_judge_scores_every_sample_once_in_order(judges: str) -> None:
    tested = net(DATA + judges)
    judged = judge(tested)
    images, labels = Digits().load("test")
    assert judged.images is not None
    np.testing.assert_array_equal(judged.images, images)
    np.testing.assert_array_equal(judged.labels, labels)
    weight, bias = (blob.detach().numpy() for blob in tested.params["ip"])
    np.testing.assert_allclose(judged.scores, images.reshape(360, 64) @ weight.T + bias, atol=1e-5)
    again = judge(tested, batches=2)
    np.testing.assert_array_equal(again.labels, labels[:200])


def test_judge_counts_each_spatial_position() -> None:
    text = """
layer:
- {name: d, type: DummyData, top: [score, label],
   dummy_data_param: {shape: [{dim: [2, 3, 4, 5]}, {dim: [2, 4, 5]}],
     data_filler: [{type: gaussian}, {value: 1}]}}
- {name: loss, type: SoftmaxWithLoss, bottom: [score, label], top: loss}
"""
    judged = judge(net(text), batches=1)
    assert judged.scores.shape == (40, 3)
    assert judged.labels.tolist() == [1] * 40


def test_judge_rejects_nets_without_scores_or_data() -> None:
    with pytest.raises(UsageError, match="no layer that compares scores with labels"):
        judge(net(DATA))
    with pytest.raises(UsageError, match="no data layer with a set of samples"):
        next(
            passes(net("layer:\n- {name: x, type: DummyData, top: x, dummy_data_param: {shape: {dim: 1}}}\n"))
        )
