import math

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.augmentation_coefficients import (
    COUNT,
    NAMES,
    check_generators,
    decode,
    discount,
    draw_rows,
    place,
)
from layerzoo.schema import AugmentationParameter, CoeffScheduleParameter

SIZES = (100, 120, 60, 80)


def draw(shape, what):
    """Numbers in (0, 1] that depend on the stream."""
    generator = torch.Generator().manual_seed(sum(map(ord, what)))
    return 1 - torch.rand(*shape, generator=generator)


def rows_of(text, mode="add", before=None, spread=1.0):
    from google.protobuf import text_format

    aug = text_format.Parse(text, AugmentationParameter())
    before = torch.zeros(200, COUNT) if before is None else before
    return draw_rows(aug, torch.tensor(spread), before, mode, SIZES, draw)


def test_there_are_42_coefficients():
    assert (COUNT, len(set(NAMES))) == (42, 42)
    neutral = decode(torch.zeros(1, COUNT))
    assert {name for name, value in neutral.items() if value.item() == 1} == {
        "zoom_x", "zoom_y", "gamma", "contrast", "color1", "color2", "color3", "lmult_pow", "lmult_mult",
        *(f"{kind}_nomean{i}" for kind in ("pow", "mult") for i in range(3)),
        *(f"{kind}_withmean{i}" for kind in ("pow", "mult") for i in range(3)),
    }  # fmt: skip


def test_place_by_hand():
    """A quarter turn around the centre, twice as large."""
    row = {name: torch.zeros(()) for name in NAMES}
    row |= {"angle": torch.tensor(math.pi / 2), "zoom_x": torch.tensor(2.0).log()}
    x, y = place(row, torch.tensor(40.0), torch.tensor(20.0), SIZES)
    assert (x.item(), y.item()) == pytest.approx((60 + 10 / 2, 50), abs=1e-5)
    row |= {"mirror": torch.tensor(1.0), "dx": torch.tensor(0.1), "angle": torch.tensor(0.0)}
    x, y = place(row, torch.tensor(30.0), torch.tensor(20.0), SIZES)
    assert (x.item(), y.item()) == pytest.approx((60 + (10 + 8) / 2, 40), abs=1e-5)


def test_discount_goes_half_way_in_the_half_life():
    schedule = CoeffScheduleParameter(half_life=100, initial_coeff=0.2, final_coeff=1)
    values = [discount(schedule, torch.tensor(float(n))).item() for n in (0, 100, 10000)]
    assert values == pytest.approx([0.2, 0.6, 1], abs=1e-3)


def test_uniform_and_gaussian_have_mean_and_spread():
    rows = rows_of(
        "brightness { mean: 0.1 spread: 0.2 }"
        " gamma { rand_type: 'gaussian' mean: 0.5 spread: 0.1 exp: true }"
        " contrast { mean: 2 spread: 1 apply_schedule: false discretize: true multiplier: 3 }",
        spread=0.5,
    )
    values = decode(rows)
    low, high = values["brightness"].aminmax()
    assert 0 <= low < 0.02
    assert 0.18 < high <= 0.2
    assert values["gamma"].log().mean().item() == pytest.approx(0.5, abs=0.02)
    assert values["gamma"].log().std().item() == pytest.approx(0.05, abs=0.01)
    assert set(values["contrast"].round().tolist()) == {3, 6, 9}
    assert decode(rows)["color1"].eq(1).all()


def test_bernoulli_kinds_are_neutral_unless_they_happen():
    values = decode(
        rows_of(
            "mirror { rand_type: 'bernoulli' prob: 0.5 }"
            " rotate { rand_type: 'uniform_bernoulli' mean: 0.2 prob: 0.3 }"
            " gamma { rand_type: 'gaussian_bernoulli' mean: 1 exp: true prob: 0.3 }"
        )
    )
    assert 70 < values["mirror"].sum() < 130
    assert 30 < (values["angle"] == 0.2).sum() < 90
    assert set(values["angle"].tolist()) == {0, torch.tensor(0.2).item()}
    assert {round(value, 4) for value in values["gamma"].tolist()} == {1, 2.7183}


def test_crops_stay_inside_the_image():
    rows = rows_of("translate { spread: 2 } rotate { spread: 3 } zoom { mean: 1.2 spread: 0.4 }")
    named = dict(zip(NAMES, rows.unbind(-1), strict=True))
    for corner_x in (0.0, 79.0):
        for corner_y in (0.0, 59.0):
            x, y = place(named, torch.tensor(corner_x), torch.tensor(corner_y), SIZES)
            changed = named["dx"] != 0
            assert changed.sum() > 150
            assert (x[changed] >= 0).all()
            assert (x[changed] < 119).all()
            assert (y[changed] >= 0).all()
            assert (y[changed] < 99).all()


def test_without_a_crop_inside_nothing_is_changed():
    before = torch.zeros(3, COUNT)
    before[:, NAMES.index("dy")] = 0.01
    rows = rows_of("translate { mean: 5 }", before=before)
    assert torch.equal(rows, before)


def test_modes_add_and_replace():
    before = torch.zeros(3, COUNT)
    before[:, NAMES.index("gamma")] = math.log(2)
    before[:, NAMES.index("dx")] = 0.05
    text = "gamma { mean: 3 } translate_y { mean: 0.02 }"
    added, replaced = (decode(rows_of(text, mode, before)) for mode in ("add", "replace"))
    assert [added[name][0].item() for name in ("gamma", "dx", "dy")] == pytest.approx([6, 0.05, 0.02])
    assert [replaced[name][0].item() for name in ("gamma", "dx", "dy")] == pytest.approx([3, 0, 0.02])


def test_saturation_has_one_number_for_two_vectors():
    values = decode(rows_of("sat_pow { mean: 1 spread: 0.3 } shadow_angle { mean: 1 } noise { mean: 2 }"))
    assert torch.equal(values["pow_withmean1"], values["pow_withmean2"])
    assert values["pow_withmean1"].unique().numel() > 50
    assert (values["shadow_angle"][0], values["shadow_strength"][0], values["noise"][0]) == (1, 0, 2)


def test_unknown_distribution_is_a_fault():
    aug = AugmentationParameter()
    aug.zoom.rand_type = "cauchy"
    with pytest.raises(LayerFault, match="rand_type 'cauchy'; expected one of uniform") as caught:
        check_generators(aug)
    assert caught.value.field == "augmentation_param.zoom"
