"""Embeddings of a set."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from layerzoo.data.datasets.digits import Digits
from layerzoo.errors import MissingExtraError, UsageError
from layerzoo.evaluation import judge
from layerzoo.visualise import features_of, pca, tsne
from tests.visualise.nets import net_of

DIGITS = """
name: digits
layer:
- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: test, batch_size: 100}}
- {name: hidden, type: InnerProduct, bottom: data, top: hidden,
   inner_product_param: {num_output: 4, weight_filler: {type: xavier}}}
- {name: relu, type: ReLU, bottom: hidden, top: hidden}
- {name: score, type: InnerProduct, bottom: hidden, top: score,
   inner_product_param: {num_output: 10, weight_filler: {type: xavier}}}
- {name: loss, type: SoftmaxWithLoss, bottom: [score, label], top: loss}
"""


def test_pca_equals_the_eigenvectors_of_the_covariance() -> None:
    values = np.random.default_rng(1).normal(size=(40, 5)) @ np.diag([1, 5, 2, 0.5, 3])
    found = pca(values)
    sizes, directions = np.linalg.eigh(np.cov(values.T, bias=True))
    for axis in (0, 1):
        direction = directions[:, -1 - axis]
        direction = direction * np.sign(direction[np.abs(direction).argmax()])
        np.testing.assert_allclose(found.places[:, axis], (values - values.mean(0)) @ direction, atol=1e-10)
        assert found.shares[axis] == pytest.approx(sizes[-1 - axis] / sizes.sum())


def test_pca_of_one_feature_or_of_equal_samples_has_zeros() -> None:
    found = pca(np.array([[1.0], [3.0]]))
    np.testing.assert_allclose(found.places, [[-1, 0], [1, 0]])
    assert found.shares == pytest.approx((1, 0))
    assert pca(np.ones((6, 3))).places.tolist() == [[0, 0]] * 6


def test_features_are_what_the_scores_are_computed_of() -> None:
    net = net_of(DIGITS)
    found = features_of(net)
    images, labels = judge(net).images, Digits().load("test")[1]
    assert images is not None
    weight, bias = (param.detach() for param in net.params["hidden"])
    plain = (torch.from_numpy(images).flatten(1) @ weight.T + bias).relu()
    assert found.layer == "relu"
    np.testing.assert_allclose(found.values, plain.numpy(), atol=1e-5)
    np.testing.assert_array_equal(found.labels, labels)


def test_features_of_a_layer_are_from_before_an_in_place_layer() -> None:
    found = features_of(net_of(DIGITS), "hidden", most=150)
    assert found.values.shape == (150, 4)
    assert (found.values < 0).any()
    assert found.labels is not None
    assert len(found.labels) == 150


def test_features_without_labels_need_a_layer() -> None:
    net = net_of(DIGITS[: DIGITS.index("- {name: loss")])
    with pytest.raises(UsageError, match="no layer that compares scores with labels"):
        features_of(net)
    found = features_of(net, "score")
    assert found.labels is None
    assert found.values.shape == (360, 10)


def test_layer_without_a_row_for_each_sample_is_refused() -> None:
    with pytest.raises(UsageError, match=r"layer 'loss' of net 'digits' .* expected a row for each sample"):
        features_of(net_of(DIGITS), "loss")


def test_features_that_are_not_finite_are_refused() -> None:
    net = net_of(DIGITS)
    net.params["hidden"][1].data[0] = float("nan")
    with pytest.raises(UsageError, match=r"layer 'hidden' .* values that are not finite"):
        features_of(net, "hidden")


def test_tsne_without_scikit_learn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[tsne\]"):
        tsne(np.zeros((9, 2)))


def test_tsne_is_seeded_and_has_a_perplexity_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    class Recorded:
        def __init__(self, **settings: Any) -> None:
            given.append(settings)

        def fit_transform(self, values: Any) -> Any:
            return values[:, :2]

    package, manifold = ModuleType("sklearn"), ModuleType("sklearn.manifold")
    package.manifold = manifold  # type: ignore[attr-defined]  # a stand-in
    manifold.TSNE = Recorded  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "sklearn", package)
    monkeypatch.setitem(sys.modules, "sklearn.manifold", manifold)
    values = np.arange(30.0).reshape(10, 3)
    assert tsne(values, 7).places.tolist() == values[:, :2].tolist()
    tsne(np.zeros((500, 3)))
    assert [one["perplexity"] for one in given] == [3.0, 30.0]
    assert given[0]["random_state"] == 7


def test_tsne_keeps_far_groups_apart() -> None:
    pytest.importorskip("sklearn")
    draws = np.random.default_rng(0)
    values = np.concatenate([draws.normal(size=(30, 8)), draws.normal(size=(30, 8)) + 50])
    places = tsne(values, 1).places
    assert np.array_equal(places, tsne(values, 1).places)
    centres = places[:30].mean(0), places[30:].mean(0)
    near = [np.linalg.norm(places - centre, axis=1) for centre in centres]
    assert ((near[0] < near[1]) == (np.arange(60) < 30)).all()
