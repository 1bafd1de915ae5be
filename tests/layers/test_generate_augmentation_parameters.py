import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.augmentation_coefficients import NAMES

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 6 } } }
layer { name: "l" type: "GenerateAugmentationParameters" bottom: "x" top: "y" augmentation_param {
  mode: "regenerate" crop_width: 4 crop_height: 3 zoom { spread: 0.1 exp: true } }
  coeff_schedule_param { half_life: 10 initial_coeff: 0.5 } }
layer { name: "m" type: "GenerateAugmentationParameters" bottom: "y" top: "z" augmentation_param {
  crop_width: 4 crop_height: 3 bottomwidth: 6 bottomheight: 5 rotate { spread: 0.1 }
  augment_during_test: true } }
"""
TYPE = 'type: "GenerateAugmentationParameters" '
BOTTOMS = 'bottom: "a" bottom: "b" bottom: "c" '


def column(rows, name):
    return rows[:, NAMES.index(name), 0, 0]


def test_second_image_of_a_pair_differs_a_little(make):
    size = "crop_width: 10 crop_height: 10"
    first = make(
        TYPE + f"augmentation_param {{ {size} translate_x {{ mean: 0.1 spread: 0.05 }} }}", (50, 3, 40, 40)
    )
    rows = first(torch.zeros(50, 3, 40, 40))
    assert rows.shape == (50, 42, 1, 1)
    low, high = column(rows, "dx").aminmax()
    assert 0.05 <= low < high <= 0.15
    second = make(
        TYPE + BOTTOMS + "augmentation_param { translate_x { spread: 0.01 } }",
        (50, 42, 1, 1), (50, 3, 40, 40), (50, 3, 10, 10),
    )  # fmt: skip
    moved = column(second(rows, torch.zeros(50, 3, 40, 40), torch.zeros(50, 3, 10, 10)) - rows, "dx")
    assert 0.005 < moved.abs().max() <= 0.0101


def test_nothing_is_drawn_in_test_unless_asked_for(make):
    text = TYPE + "augmentation_param { crop_width: 4 crop_height: 4 rotate { mean: 0.1 } %s }"
    x = torch.zeros(2, 3, 9, 9)
    assert make(text % "", x.shape, phase=1)(x).eq(0).all()
    rotated = make(text % "augment_during_test: true", x.shape, phase=1)(x)
    assert column(rotated, "angle").tolist() == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize(("mode", "angle"), [("add", 0.5), ("replace", 0.1), ("regenerate", 0.1)])
def test_modes(make, mode, angle):
    given = torch.zeros(1, 42, 1, 1)
    given[:, NAMES.index("angle")] = 0.4
    given[:, NAMES.index("brightness")] = 0.3
    layer = make(
        TYPE + f'augmentation_param {{ mode: "{mode}" crop_width: 4 crop_height: 4 bottomwidth: 20'
        " bottomheight: 20 rotate { mean: 0.1 } }",
        (1, 42, 1, 1),
    )
    rows = layer(given)
    assert column(rows, "angle").item() == pytest.approx(angle)
    assert column(rows, "brightness").item() == pytest.approx(0 if mode == "regenerate" else 0.3)


def test_spread_follows_the_schedule(make):
    text = (
        TYPE + "augmentation_param { crop_width: 4 crop_height: 4 brightness { spread: 1 } }"
        " coeff_schedule_param { half_life: 10 initial_coeff: 0 final_coeff: 1 }"
    )
    layer = make(text, (500, 3, 9, 9))
    largest = []
    for batch in (0, 9, 10000):
        layer.clock.batch = batch
        largest.append(column(layer(torch.zeros(500, 3, 9, 9)), "brightness").abs().max().item())
    assert largest == pytest.approx([0.055, 0.5, 1], abs=0.03)


@pytest.mark.parametrize(
    ("fields", "bottoms", "message"),
    [
        ('mode: "x"', [(1, 42, 1, 1)], "mode 'x'; expected one of add, replace, regenerate"),
        ("", [(1, 42, 1, 1), (1, 3, 4, 4)], "2 bottoms; expected 1 or 3"),
        ("", [(1, 41, 1, 1)], r"expected \(N, 42, 1, 1\), or images"),
        ("crop_width: 4 crop_height: 4", [(1, 42, 1, 1)], "images of 0 x 0 and crops of 4 x 4 pixels"),
    ],
)
def test_faults(shapes, fields, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes(TYPE + f"augmentation_param {{ {fields} }}", *bottoms)
