from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 4 dim: 3 dim: 2 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "samples" type: "Dropout" bottom: "x" top: "y" dropout_param { axis: 1 } }
layer { name: "channels" type: "Dropout" bottom: "x" top: "z" dropout_param { axis: -1 dropout_ratio: 0.3 } }
"""


def test_test_phase_is_the_identity(make):
    x = torch.randn(3, 4)
    assert make("Dropout", (3, 4), phase=TEST)(x) is x


def test_ratio_of_zero_is_the_identity(make):
    x = torch.randn(3, 4)
    assert torch.equal(make("Dropout", (3, 4), dropout_param={"dropout_ratio": 0})(x), x)


@pytest.mark.parametrize("ratio", [0.1, 0.4, 0.5, 0.9])
def test_ratio_of_values_is_dropped_and_rest_is_scaled(make, ratio):
    y = make("Dropout", (200_000,), dropout_param={"dropout_ratio": ratio})(torch.ones(200_000))
    zeros = (y == 0).double().mean().item()
    assert zeros == pytest.approx(ratio, abs=0.006)  # five standard deviations
    assert y.unique().tolist() == pytest.approx([0, 1 / (1 - ratio)], rel=1e-4)


def test_scale_is_exact_for_the_rounded_ratio(make):
    layer = make("Dropout", (1,), dropout_param={"dropout_ratio": 0.3})
    assert (1 - layer.dropped / 65536) * layer.scale == pytest.approx(1, abs=1e-12)


def test_neighbouring_values_are_dropped_independently(make):
    kept = make("Dropout", (400_000,))(torch.ones(400_000)).bool()
    for distance in (1, 2, 3, 4, 5, 8):
        both = (kept[:-distance] & kept[distance:]).double().mean().item()
        assert both == pytest.approx(0.25, abs=0.005)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_sizes_need_not_be_multiples_of_four(make, size):
    y = make("Dropout", (size,))(torch.ones(size))
    assert y.shape == (size,)
    assert set(y.tolist()) <= {0.0, 2.0}


def test_mask_is_a_function_of_seed_batch_and_name(make):
    x = torch.ones(1000)

    def run(seed, batch, name="l"):
        layer = make("Dropout", (1000,))
        layer.name, layer.clock.seed, layer.clock.batch = name, seed, batch
        return layer(x)

    assert torch.equal(run(1, 5), run(1, 5))
    assert not torch.equal(run(1, 5), run(2, 5))
    assert not torch.equal(run(1, 5), run(1, 6))
    assert not torch.equal(run(1, 5), run(1, 5, "other"))


def test_torch_random_state_is_unchanged(make):
    before = torch.random.get_rng_state()
    make("Dropout", (10,))(torch.ones(10))
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_dtype_is_kept(make, dtype):
    assert make("Dropout", (10,))(torch.ones(10, dtype=dtype)).dtype == dtype


def test_gradient_has_the_mask_of_the_values(make):
    x = torch.full((50,), 3.0, requires_grad=True)
    y = make("Dropout", (50,))(x)
    y.sum().backward()
    assert torch.equal(x.grad * 3, y)


def test_gradcheck(make):
    x = torch.randn(20, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(make("Dropout", (20,)), x)


@pytest.mark.parametrize("ratio", [-0.1, 1, 1.5])
def test_ratio_out_of_range_is_an_error(make, ratio):
    with pytest.raises(LayerFault, match=r"is not in \[0, 1\)"):
        make("Dropout", (3,), dropout_param={"dropout_ratio": ratio})


def test_scale_train_false_scales_in_test_phase_instead(make):
    x = torch.randn(200, 40)
    fields = {"dropout_ratio": 0.3, "scale_train": False}
    trained = make("Dropout", (200, 40), dropout_param=fields)(x)
    assert torch.equal(trained, torch.where(trained == 0, 0, x))
    assert (trained == 0).double().mean().item() == pytest.approx(0.3, abs=0.03)
    torch.testing.assert_close(make("Dropout", (200, 40), dropout_param=fields, phase=TEST)(x), x * 0.7)


@pytest.mark.parametrize(("axis", "together"), [(1, (1, 2, 3)), (2, (2, 3)), (-1, (3,))])
def test_values_along_later_axes_are_dropped_together(make, axis, together):
    layer = make("Dropout", (60, 40, 5, 4), dropout_param={"axis": axis, "dropout_ratio": 0.25})
    y = layer(torch.ones(60, 40, 5, 4))
    lowest, highest = y.amin(together), y.amax(together)
    assert torch.equal(lowest, highest)
    share = 0.25
    deviation = (share * (1 - share) / lowest.numel()) ** 0.5
    assert (lowest == 0).double().mean().item() == pytest.approx(share, abs=5 * deviation)
    assert highest.max().item() == pytest.approx(1 / 0.75, rel=1e-4)
    before = lowest.flatten(1) if lowest.dim() > 1 else lowest
    assert len(before.unique(dim=0)) > 1  # samples differ


def test_samples_are_dropped_by_their_number_in_the_batch_of_all_processes(make):
    layer = make("Dropout", (8, 3), dropout_param={"axis": 1})
    whole = layer(torch.ones(8, 3))
    layer.clock.rank, layer.clock.ranks = 1, 2
    assert torch.equal(layer(torch.ones(4, 3)), whole[1::2])


@pytest.mark.parametrize(
    ("axis", "message"), [(0, "axis 0 would drop the whole batch"), (2, "axis 2 of a blob")]
)
def test_axis_without_meaning_is_refused(shapes, axis, message):
    with pytest.raises(LayerFault, match=message) as caught:
        shapes("Dropout", (2, 3), dropout_param={"axis": axis})
    assert caught.value.field == "dropout_param.axis"
