from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault

EXAMPLE = """
layer { name: "r" type: "DummyData" top: "r" dummy_data_param { shape { dim: 6 dim: 5 } } }
layer { name: "o" type: "DummyData" top: "o" dummy_data_param { shape { dim: 1 dim: 5 }
  data_filler { value: 2 } } }
layer { name: "t" type: "ProposalTarget" bottom: "r" bottom: "o" top: "r2" top: "l" top: "t" top: "a" top: "b"
  proposal_target_param { num_classes: 3 } }
"""
TOPS = 'top: "r" top: "l" top: "t" top: "a" top: "b"'
REGIONS = torch.tensor([[0.0, 0, 0, 9, 9], [0, 0, 0, 9, 14], [0, 50, 50, 59, 59], [0, 0, 0, 9, 29]])
OBJECTS = torch.tensor([[0.0, 0, 9, 9, 2]])


def layer(fields: str = "num_classes: 4") -> str:
    return f'type: "ProposalTarget" {TOPS} proposal_target_param {{ {fields} }}'


def test_regions_that_show_objects_come_first_with_targets(make):
    target = make(layer(), (4, 5), (1, 5))
    regions, labels, targets, inside, outside = target(REGIONS, OBJECTS)
    # overlaps 1, 2/3, 0, 1/3 and, of the object itself, 1
    assert labels.shape == (5, 1, 1, 1)
    assert labels.flatten().tolist() == [2, 2, 2, 0, 0]
    assert sorted(regions[:3, 4].flatten().tolist()) == [9, 9, 14]
    assert targets.shape == (5, 16, 1, 1)
    taller = targets[regions[:, 4].flatten() == 14].flatten()
    scaled = torch.tensor([0, -2.5 / 15 / 0.1, 0, torch.tensor(10 / 15).log() / 0.2])
    torch.testing.assert_close(taller, torch.cat((torch.zeros(8), scaled, torch.zeros(4))))
    assert inside[:3, 8:12].sum() == 12
    assert inside.sum() == 12
    assert torch.equal(inside, outside)


def test_sample_is_limited(make):
    target = make(layer("num_classes: 4 batch_size: 4"), (4, 5), (1, 5))
    assert target(REGIONS, OBJECTS)[1].flatten().tolist() == [2, 0, 0]
    everything = make(layer("num_classes: 4 batch_size: 0"), (4, 5), (1, 5))
    assert len(everything(REGIONS, OBJECTS)[0]) == 5
    assert target.shapes_for([REGIONS, OBJECTS])[0] == (3, 5, 1, 1)
    lowest = make(layer("num_classes: 4 bg_thresh_lo: 0.1"), (4, 5), (1, 5))
    assert lowest(REGIONS, OBJECTS)[1].flatten().tolist() == [2, 2, 2, 0]


def test_two_classes_share_boxes_and_labels_go_further(make):
    _, labels, targets, inside, _ = make(layer("num_classes: 2"), (4, 5), (1, 5))(REGIONS, OBJECTS)
    assert labels.flatten().tolist() == [2, 2, 2, 0, 0]
    assert targets.shape == (5, 8, 1, 1)
    assert inside[:3, 4:].sum() == 12


def test_image_without_objects_gives_background(make):
    _, labels, targets, inside, _ = make(layer(), (4, 5), (0, 5))(REGIONS, torch.zeros(0, 5))
    assert labels.flatten().tolist() == [0] * 4
    assert targets.abs().sum() + inside.sum() == 0


def test_class_out_of_range_is_an_error(make):
    with pytest.raises(DataError, match="class of an object 4 is out of range; 0 to 3 exist"):
        make(layer(), (4, 5), (1, 5))(REGIONS, torch.tensor([[0.0, 0, 9, 9, 4]]))


def test_shapes_and_faults(shapes):
    assert shapes(layer(), (300, 5), (4, 5))[1] == (128, 1, 1, 1)
    text = f'type: "ProposalTarget" {TOPS} python_param {{ param_str: "\'num_classes\': 21" }}'
    assert shapes(text, (30, 5), (4, 5))[2] == (34, 84, 1, 1)
    with pytest.raises(LayerFault, match="num_classes 1; expected 2 or more"):
        shapes(layer("num_classes: 1"), (4, 5), (1, 5))
    with pytest.raises(LayerFault, match=r"a bottom of shape \(1, 4\)"):
        shapes(layer(), (4, 5), (1, 4))
    with pytest.raises(LayerFault, match="bbox_std has 1 numbers"):
        shapes(layer("num_classes: 3 bbox_std: 0.1"), (4, 5), (1, 5))
