from __future__ import annotations

from math import log

import pytest
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.layers.multibox_loss import MultiBoxLoss
from layerzoo.loader import parse_net

SHAPES = ((2, 12), (2, 6), (1, 2, 12), (1, 1, 2, 8))
PRIORS = torch.tensor([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0, 0.5, 0.5, 1]])
PRIOR = torch.stack((PRIORS.flatten(), torch.full((12,), 0.5))).unsqueeze(0)
TRUTH = torch.tensor([[0, 1, 0, 0, 0, 0.5, 0.4, 0], [-1.0] * 8]).view(1, 1, 2, 8)


def text(fields: str = "", more: str = "", classes: int = 2) -> str:
    return f'type: "MultiBoxLoss" {more} multibox_loss_param {{ num_classes: {classes} {fields} }}'


def message(fields: str):
    return parse_net(f'layer {{ name: "l" {text(fields)} }}').message.layer[0]


def loss(make, fields: str = "", more: str = "", conf=None, truth=TRUTH) -> float:
    conf = torch.zeros(2, 6) if conf is None else conf
    return make(text(fields, more), *SHAPES)(torch.zeros(2, 12), conf, PRIOR, truth).item()


BOX = 0.5 * (0.1 / 0.5) ** 2
"""The loss of the only matched prior: ymax is 0.5, not 0.4, and the variance 0.5."""


def test_matched_boxes_and_three_times_as_many_scores_count(make):
    # of image 0, whose other two priors are the negatives; image 1 has no ground truth
    assert loss(make) == pytest.approx(BOX + 3 * log(2))
    assert loss(make, "neg_pos_ratio: 1.9") == pytest.approx(BOX + 2 * log(2))


def test_negatives_are_the_worst(make):
    conf = torch.zeros(2, 6)
    conf[0, 5] = 3.0  # the third prior: its class loss is log(1 + e^3)
    expected = BOX + log(2) + log(1 + torch.e**3)
    assert loss(make, "neg_pos_ratio: 1", conf=conf) == pytest.approx(expected)


def test_all_scores_count_without_mining(make):
    assert loss(make, "mining_type: NONE") == pytest.approx(BOX + 6 * log(2))
    assert loss(make, "mining_type: NONE", "loss_param { normalization: FULL }") == pytest.approx(
        (BOX + 6 * log(2)) / 6
    )
    assert loss(make, "mining_type: NONE", "loss_param { normalize: false }") == pytest.approx(
        (BOX + 6 * log(2)) / 2
    )


def test_hard_examples_have_the_largest_sum_of_losses(make):
    # both numbers of the other two are 0: the matched one has the largest loss
    assert loss(make, "mining_type: HARD_EXAMPLE sample_size: 1") == pytest.approx(BOX + log(2))
    conf = torch.zeros(2, 6)
    conf[0, 3] = conf[0, 5] = 3.0
    # the matched one isn't chosen: it has no loss at all, and the divisor is 1
    assert loss(make, "mining_type: HARD_EXAMPLE sample_size: 2", conf=conf) == pytest.approx(
        2 * log(1 + torch.e**3)
    )


def test_parts_without_propagate_down_are_left_out(make):
    flags = "propagate_down: {} propagate_down: {} propagate_down: false propagate_down: false"
    assert loss(make, "", flags.format("true", "false")) == pytest.approx(BOX)
    assert loss(make, "", flags.format("false", "true")) == pytest.approx(3 * log(2))
    assert loss(make, "", flags.format("false", "false")) == 0


def test_difficult_boxes_may_be_left_out(make):
    truth = TRUTH.clone()
    truth[0, 0, 0, 7] = 1
    assert loss(make, truth=truth) == pytest.approx(BOX + 3 * log(2))
    assert loss(make, "use_difficult_gt: false", truth=truth) == 0


def test_all_objects_may_count_as_one_class(make):
    truth = TRUTH.clone()
    truth[0, 0, 0, 1] = 17
    fields = "map_object_to_agnostic: true"
    assert loss(make, fields, truth=truth) == pytest.approx(BOX + 3 * log(2))


@pytest.mark.parametrize(("label", "expected"), [(0, "label 0, the background's"), (2, "label 2 is out of")])
def test_wrong_labels_are_errors(make, label, expected):
    truth = TRUTH.clone()
    truth[0, 0, 0, 1] = label
    with pytest.raises(DataError, match=expected):
        loss(make, truth=truth)


def test_boxes_of_other_images_are_ignored(make):
    truth = TRUTH.clone()
    truth[0, 0, 1] = torch.tensor([2, 9, 0, 0, 0, 1, 1, 0])
    assert loss(make, truth=truth) == loss(make)


def test_gradient_of_variances_in_the_target_is_a_surrogate():
    assert "leaves the factor" in MultiBoxLoss.surrogate_gradient(message("encode_variance_in_target: true"))
    assert MultiBoxLoss.surrogate_gradient(message("")) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("do_neg_mining: false", "do_neg_mining is false, mining_type is MAX_NEGATIVE"),
        ("do_neg_mining: true mining_type: NONE", "do_neg_mining is true, mining_type is NONE"),
        ("background_label_id: 2", "background_label_id 2 of 2 classes"),
        ("map_object_to_agnostic: true background_label_id: 1", "with 2 classes and background 1"),
        ("mining_type: HARD_EXAMPLE sample_size: 0", "sample_size 0"),
    ],
)
def test_invalid_fields_are_errors(shapes, fields, expected):
    with pytest.raises(LayerFault, match=expected) as e:
        shapes(text(fields), *SHAPES)
    assert e.value.field.startswith("multibox_loss_param.")


def test_mining_needs_shared_locations(shapes):
    with pytest.raises(LayerFault, match="mining without share_location"):
        shapes(text("share_location: false"), (2, 24), *SHAPES[1:])


def test_ground_truth_has_eight_numbers_a_box(shapes):
    for shape in ((1, 1, 2, 7), (2, 8), (1, 1, 0, 8)):
        with pytest.raises(LayerFault, match=r"expected .1, 1, boxes, 8."):
            shapes(text(), *SHAPES[:3], shape)


def test_refinedet_matches_refined_priors_and_mines_objects(make):
    """The first stage moves the third prior onto the box; the second is no object, so it isn't negative."""
    first_conf = torch.tensor([[0, 1.0, 1, 0, 0, 1], [0, 1.0, 0, 1, 0, 1]])
    first_loc = torch.zeros(2, 12)
    first_loc[0, 8:] = torch.tensor([0.0, -1, 0, -1.2])
    shapes = (*SHAPES, (2, 6), (2, 12))
    bottoms = torch.zeros(2, 12), torch.zeros(2, 6), PRIOR, TRUTH, first_conf, first_loc
    layer = make(text("objectness_score: 0.1 match_type: BIPARTITE"), *shapes)
    # the third prior is matched, without a loss of its box; the first overlaps by 0.8: it isn't negative
    assert layer(*bottoms).item() == pytest.approx(log(2))
    layer = make(text("objectness_score: 0.1 match_type: BIPARTITE neg_overlap: 0.9"), *shapes)
    assert layer(*bottoms).item() == pytest.approx(2 * log(2))


def test_objectness_score_makes_all_classes_one(make):
    truth = TRUTH.clone()
    truth[0, 0, 0, 1] = 17
    assert loss(make, "objectness_score: 0.01", truth=truth) == pytest.approx(BOX + 3 * log(2))


def test_divisor_may_be_fixed(make):
    more = "loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 4 }"
    assert loss(make, "", more) == pytest.approx((BOX + 3 * log(2)) / 4)
