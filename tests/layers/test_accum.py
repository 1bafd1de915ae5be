from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

OPENCV = Path(__file__).parents[1] / "data/conformance/forks/opencv/layers/accum.npz"


def test_accum_agrees_with_opencv(make):
    with np.load(OPENCV) as stored:
        blobs = [torch.from_numpy(stored[f"in/input_{i}"]) for i in range(2)]
        expected = torch.from_numpy(stored["out/out"])
    top = make("Accum", *(tuple(blob.shape) for blob in blobs))(*blobs)
    torch.testing.assert_close(top, expected, rtol=1e-4, atol=1e-4)


def test_corners_coincide(make):
    top = make("Accum", (1, 1, 2, 2), (1, 2, 3, 5))(
        torch.tensor([[[[0.0, 4.0], [2.0, 6.0]]]]), torch.ones(1, 2, 3, 5)
    )
    assert top[0, 0].tolist() == [[0, 1, 2, 3, 4], [1, 2, 3, 4, 5], [2, 3, 4, 5, 6]]
    assert top[0, 1:].eq(1).all()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", (1, 3, 5, 6)),
        ("size_divisible_by: 4", (1, 3, 8, 8)),
        ("size_divisible_by: 5", (1, 3, 5, 6)),  # as in the fork: only if both grow
        ("top_height: 9 top_width: 7", (1, 3, 9, 7)),
        ("top_height: 9 top_width: 6", (1, 3, 5, 6)),
        ("have_reference: true", (1, 1, 3, 6)),
    ],
)
def test_size_of_the_top(make, fields, expected):
    layer = make(f'type: "Accum" accum_param {{ {fields} }}', (1, 1, 5, 4), (1, 2, 3, 6))
    blobs = [torch.randn(1, 1, 5, 4), torch.randn(1, 2, 3, 6)]
    assert layer(*blobs).shape == expected
    assert layer.top_shapes(layer.param, [(1, 1, 5, 4), (1, 2, 3, 6)]) == [expected]


def test_faults(shapes):
    with pytest.raises(LayerFault, match="needs a second bottom"):
        shapes('type: "Accum" accum_param { have_reference: true }', (1, 2, 3, 4))
    with pytest.raises(LayerFault, match="both must have as many images"):
        shapes("Accum", (1, 2, 3, 4), (2, 2, 3, 4))
    with pytest.raises(LayerFault, match=r"expected \(N, C, H, W\)"):
        shapes("Accum", (1, 2, 3, 4), (1, 2, 3))


EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 1 dim: 2 dim: 3 } } }
layer { name: "r" type: "Input" top: "r" input_param { shape { dim: 2 dim: 2 dim: 4 dim: 3 } } }
layer { name: "l" type: "Accum" bottom: "x" bottom: "r" top: "y" accum_param { size_divisible_by: 5 } }
"""
