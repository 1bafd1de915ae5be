from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.predictions import Predictions, check_first_stage, check_predictions, objectness

FITTING = [(2, 12), (2, 9), (1, 2, 12)]


def test_predictions_are_split_by_prior_and_class() -> None:
    loc, conf = torch.arange(48.0).reshape(2, 24), torch.arange(12.0).reshape(2, 6)
    prior = torch.arange(24.0).reshape(1, 2, 12)
    predicted = Predictions(loc, conf, prior, 2)
    assert predicted.boxes.shape == (2, 2, 3, 4)
    assert predicted.boxes[1, 1, 2].tolist() == [44, 45, 46, 47], "the last class of the last prior"
    assert predicted.boxes[0, 0, 1].tolist() == [8, 9, 10, 11]
    assert predicted.scores[1].tolist() == [[6, 7], [8, 9], [10, 11]]
    assert predicted.priors[1].tolist() == [4, 5, 6, 7]
    assert predicted.variances[0].tolist() == [12, 13, 14, 15]
    assert Predictions(loc[:0], conf[:0], prior, 2).boxes.shape == (0, 1, 3, 4)


def test_check_predictions_takes_shapes_that_fit() -> None:
    check_predictions([(2, 12), (2, 9), (1, 2, 12)], 3, True, "m")
    check_predictions([(2, 36), (2, 9, 1, 1), (1, 2, 12)], 3, False, "m")


@pytest.mark.parametrize(
    ("changed", "classes", "message"),
    [
        ({}, 0, "num_classes is missing"),
        ({0: (2, 13)}, 3, r"boxes of shape \(2, 13\) for 3 priors; expected 12 for each image, 4 for each"),
        ({1: (2, 8)}, 3, r"scores of shape \(2, 8\) for 3 priors; expected 9 for each image, 3 for each"),
        ({1: (3, 9)}, 3, "their first axes must be equal"),
        ({0: (), 1: ()}, 3, "their first axes must be equal"),
        ({2: (1, 2, 13)}, 3, r"priors of shape \(1, 2, 13\); expected \(1, 2, 4 x priors\)"),
        ({2: (1, 3, 12)}, 3, "priors of shape"),
        ({2: (12,)}, 3, "priors of shape"),
        ({2: (1, 2, 0)}, 3, "priors of shape"),
    ],
)
def test_check_predictions_refuses_shapes_that_do_not_fit(changed, classes, message) -> None:
    shapes = {**dict(enumerate(FITTING)), **changed}
    with pytest.raises(LayerFault, match=message):
        check_predictions(list(shapes.values()), classes, True, "detection_output_param")


def test_priors_without_variances_have_variances_of_one() -> None:
    predicted = Predictions(torch.zeros(1, 8), torch.zeros(1, 4), torch.arange(8.0).view(1, 1, 8, 1), 2)
    assert predicted.priors.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert predicted.variances.tolist() == [[1] * 4] * 2
    shapes = [(1, 8), (1, 4), (1, 1, 8)]
    check_predictions(shapes, 2, True, "m", planes=1)
    with pytest.raises(LayerFault, match="priors of shape"):
        check_predictions(shapes, 2, True, "m")


def test_refine_replaces_the_priors_of_each_image() -> None:
    prior = torch.tensor([0.0, 0.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1]).view(1, 2, 4)
    predicted = Predictions(torch.zeros(2, 4), torch.zeros(2, 2), prior, 2)
    predicted.refine(torch.tensor([[1.0, 0, 0, 0], [0, 0, 0, 2.0]]), "CORNER", False)
    torch.testing.assert_close(
        predicted.priors, torch.tensor([[0.1, 0, 1, 1], [0, 0, 1, 1.2]]).view(2, 1, 1, 4)
    )
    predicted = Predictions(torch.zeros(2, 4), torch.zeros(2, 2), prior, 2)
    predicted.refine(torch.ones(2, 4), "CORNER", True)
    assert predicted.priors[0, 0, 0].tolist() == [1, 1, 2, 2]


def test_objectness_is_the_second_of_two_scores() -> None:
    assert objectness(torch.tensor([[0.75, 0.25, 0.5, 0.5]])).tolist() == [[0.25, 0.5]]


def test_check_first_stage() -> None:
    check_first_stage([*FITTING, (2, 6), (2, 12)], 3)
    check_first_stage([*FITTING, (2, 6)], 3)
    for shapes, index in (([(2, 5), (2, 12)], 3), ([(2, 6), (1, 12)], 4)):
        with pytest.raises(LayerFault, match="for 2 images and 3 priors") as e:
            check_first_stage([*FITTING, *shapes], 3)
        assert e.value.bottom == index
