import numpy as np
import pytest
import torch

from layerzoo.data.interpolation import interpolate
from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 6 } } }
layer { name: "t" type: "DummyData" top: "t" dummy_data_param { shape { dim: 1 dim: 2 dim: 8 dim: 12 }
  data_filler { type: "constant" value: 0.6 } } }
layer { name: "e" type: "SegmentationEvaluate" bottom: "x" bottom: "t" top: "e"
  segmentation_evaluate_param { num_classes: 2 threshold: 0.3 } }
"""


def evaluate(make, x, labels, text="num_classes: 2"):
    kind = f'type: "SegmentationEvaluate" segmentation_evaluate_param {{ {text} }}'
    return make(kind, x.shape, labels.shape)(x, labels)


def test_overlap_of_masks_of_one_size_by_hand(make):
    x = torch.tensor([[[[0.9, 0.6, 0.4]], [[0.1, 0.2, 0.5]]]])
    labels = torch.tensor([[[[1.0, 0, 1]], [[0, 1, 0]]]])
    assert evaluate(make, x, labels).flatten().tolist() == pytest.approx([1 / 3, 0])
    assert evaluate(make, x, labels, "num_classes: 2 threshold: 0.1").flatten().tolist() == pytest.approx(
        [2 / 3, 1 / 2]  # 0.1 itself isn't above the threshold
    )
    nowhere = torch.zeros(1, 2, 1, 3)
    assert evaluate(make, nowhere, nowhere).flatten().tolist() == [0, 0]


def test_predictions_of_another_size_are_resized_as_images_of_256_levels(make):
    """Each pixel becomes 2 x 2; one of 0.5039 is 128 of 255, and the threshold 127."""
    x = torch.tensor([[[[0.5039, 0.5]], [[0.9, 0.9]], [[0, 0]]]])
    labels = torch.zeros(1, 3, 2, 4)
    labels[0, 0, :, :3] = 1
    labels[0, 2, 0, 0] = 1
    assert evaluate(make, x, labels, "num_classes: 3").flatten().tolist() == pytest.approx([2 / 3, -1, 0])


def test_smaller_masks_are_means(make):
    """Means of 2 x 2: 3/4 and 1/4 of 255, that is 191 and 64, above 127 and not."""
    x = torch.tensor([[[[1.0, 1, 1, 0], [1, 0, 0, 0]]]])
    assert evaluate(make, x, torch.ones(1, 1, 1, 2), "num_classes: 1").item() == 0.5


@pytest.mark.parametrize("size", [(5, 7), (16, 12), (3, 20), (8, 9)])
def test_resized_predictions_are_those_of_the_images_that_data_layers_resize(make, size):
    generator = np.random.default_rng(5)
    x = generator.random((1, 1, 8, 10), np.float32)
    labels = (generator.random((1, 1, *size)) > 0.5).astype(np.float32)
    found = interpolate((x[0] * 255).astype(np.uint8), *size, "AREA")[0] > 127
    true = labels[0, 0] > 0.5
    made = evaluate(make, torch.from_numpy(x), torch.from_numpy(labels), "num_classes: 1").item()
    assert made == pytest.approx((found & true).sum() / (found | true).sum())


def test_only_the_first_image_counts(make):
    x = torch.tensor([1.0, 0]).view(2, 1, 1, 1)
    assert evaluate(make, x, torch.ones(2, 1, 1, 1), "num_classes: 1").item() == 1


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match="num_classes is missing"):
        shapes("SegmentationEvaluate", (1, 2, 3, 4), (1, 2, 3, 4))
    kind = 'type: "SegmentationEvaluate" segmentation_evaluate_param { num_classes: 2 }'
    with pytest.raises(LayerFault, match=r"expected \(N, C, h, w\) and \(N, C, H, W\)"):
        shapes(kind, (1, 2, 3, 4), (1, 3, 3, 4))
