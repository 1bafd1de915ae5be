import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.augmentation_coefficients import NAMES, place

EXAMPLE = """layer { name: "f" type: "Input" top: "f" input_param { shape { dim: 2 dim: 2 dim: 5 dim: 6 } } }
layer { name: "a" type: "Input" top: "a" input_param { shape { dim: 2 dim: 42 dim: 1 dim: 1 } } }
layer { name: "b" type: "Input" top: "b" input_param { shape { dim: 2 dim: 42 dim: 1 dim: 1 } } }
layer { name: "l" type: "FlowAugmentation" bottom: "f" bottom: "a" bottom: "b" top: "y" augmentation_param {
  crop_width: 4 crop_height: 3 } }
"""
TEXT = 'type: "FlowAugmentation" augmentation_param { crop_width: 6 crop_height: 4 }'


def rows_of(**values):
    rows = torch.zeros(1, 42, 1, 1, dtype=torch.float64)
    for name, value in values.items():
        rows[:, NAMES.index(name)] = value
    return rows


def test_neutral_coefficients_crop_the_flow(make):
    flow = torch.randn(1, 2, 8, 10, dtype=torch.float64)
    none = rows_of()
    top = make(TEXT, flow.shape, none.shape, none.shape)(flow, none, none)
    torch.testing.assert_close(top, flow[:, :, 2:6, 2:8])


def test_flow_leads_to_the_same_place_of_the_second_image(make):
    """A pixel of the first crop and the one of the second to which its flow points belong together."""
    flow = torch.full((1, 2, 8, 10), 0.75, dtype=torch.float64)
    first = rows_of(mirror=1, dx=0.1, angle=0.3, zoom_x=0.2, zoom_y=0.1)
    second = rows_of(dx=-0.1, dy=0.2, angle=-0.4, zoom_x=-0.1, zoom_y=0.3)
    top = make(TEXT, flow.shape, first.shape, second.shape)(flow, first, second)
    sizes = (8, 10, 4, 6)
    y, x = torch.meshgrid(torch.arange(4.0), torch.arange(6.0), indexing="ij")
    one, two = (dict(zip(NAMES, rows.flatten(), strict=True)) for rows in (first, second))
    u, v = place(one, x.double(), y.double(), sizes)
    reached = place(two, x + top[0, 0], y + top[0, 1], sizes)
    torch.testing.assert_close(torch.stack(reached), torch.stack((u + 0.75, v + 0.75)))


def test_faults(shapes):
    good = [(1, 2, 8, 10), (1, 42, 1, 1), (1, 42, 1, 1)]
    with pytest.raises(LayerFault, match="crop_width and crop_height must be set"):
        shapes("FlowAugmentation", *good)
    with pytest.raises(LayerFault, match=r"flow of shape \(1, 3, 8, 10\)"):
        shapes(TEXT, (1, 3, 8, 10), *good[1:])
    with pytest.raises(LayerFault, match=r"coefficients of shape \(2, 42, 1, 1\)"):
        shapes(TEXT, *good[:2], (2, 42, 1, 1))
