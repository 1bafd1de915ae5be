from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault, LayerzooError
from layerzoo.filler import FILLERS, check_filler, fill, register_filler
from layerzoo.schema import NORMAL, UNIFORM, FillerParameter


def filled(shape, seed=1, **fields):
    blob = torch.full(shape, torch.nan, dtype=torch.float64)
    fill(blob, FillerParameter(**fields), torch.Generator().manual_seed(seed))
    return blob


def test_default_is_constant():
    assert filled((3,)).tolist() == [0, 0, 0]
    assert filled((2,), value=0.5).tolist() == [0.5, 0.5]
    assert filled((), value=2).item() == 2


def test_uniform():
    blob = filled((100, 100), type="uniform", min=-1, max=3)
    assert blob.min() >= -1
    assert blob.max() <= 3
    assert blob.mean().item() == pytest.approx(1, abs=0.06)  # five standard errors
    assert blob.std().item() == pytest.approx(4 / sqrt(12), rel=0.02)


def test_gaussian():
    blob = filled((100, 100), type="gaussian", mean=2, std=0.5)
    assert blob.mean().item() == pytest.approx(2, abs=0.025)
    assert blob.std().item() == pytest.approx(0.5, rel=0.04)


def test_sparse_is_divided_by_the_first_axis():
    blob = filled((50, 400), type="gaussian", std=2, sparse=10)
    nonzero = blob != 0
    assert nonzero.double().mean().item() == pytest.approx(10 / 50, abs=0.015)
    assert blob[nonzero].std().item() == pytest.approx(2, rel=0.06)
    assert not filled((50, 4), type="gaussian", sparse=0).any()
    assert filled((5, 4), type="gaussian", sparse=9).all()


def test_positive_unitball():
    blob = filled((4, 3, 5), type="positive_unitball")
    assert (blob > 0).all()
    assert blob.flatten(1).sum(1).tolist() == pytest.approx([1] * 4)


# a blob of 40 outputs, 30 inputs and a kernel of 4: fan-in 120, fan-out 160, mean 140
@pytest.mark.parametrize(("norm", "n"), [("FAN_IN", 120), ("FAN_OUT", 160), ("AVERAGE", 140)])
@pytest.mark.parametrize(("kind", "variance"), [("xavier", 1), ("msra", 2)])
def test_variance_norm(kind, variance, norm, n):
    blob = filled((40, 30, 2, 2), type=kind, variance_norm=FillerParameter.VarianceNorm.Value(norm))
    assert blob.var().item() == pytest.approx(variance / n, rel=0.05)
    if kind == "xavier":
        assert blob.abs().max().item() == pytest.approx(sqrt(3 / n), rel=0.01)
    else:
        assert blob.abs().max().item() > sqrt(3 * variance / n)


@pytest.mark.parametrize(("kind", "variance"), [("xavier", 1), ("msra", 2)])
def test_distribution_keeps_the_variance(kind, variance):
    uniform = filled((40, 400), type=kind, distribution=UNIFORM)
    normal = filled((40, 400), type=kind, distribution=NORMAL)
    for blob in (uniform, normal):
        assert blob.var().item() == pytest.approx(variance / 400, rel=0.05)
    assert uniform.abs().max().item() == pytest.approx(sqrt(3 * variance / 400), rel=0.01)
    assert normal.abs().max().item() > sqrt(6 * variance / 400)


def test_distribution_of_caffe_is_the_default():
    for kind, same in (("xavier", "UNIFORM"), ("msra", "NORMAL")):
        named = filled((9, 9), type=kind, distribution=same)
        assert torch.equal(filled((9, 9), type=kind), named)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (6, 2, 5)])
def test_orthogonal_rows_or_columns_have_length_gain_at_right_angles(shape):
    matrix = filled(shape, type="orthogonal", gain=2).flatten(1)
    products = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    torch.testing.assert_close(products, 4 * torch.eye(len(products), dtype=torch.float64))


def test_orthogonal_matrices_are_uniform():
    # each element of such a matrix has mean 0: the signs that QR gives the diagonal would shift it
    diagonal = torch.stack([filled((2, 2), seed, type="orthogonal")[0, 0] for seed in range(400)])
    assert diagonal.mean().item() == pytest.approx(0, abs=5 * sqrt(0.5 / 400))
    assert diagonal.abs().mean().item() == pytest.approx(2 / 3.14159, abs=0.08)


def test_truncated_gaussian_is_cut_at_two_std():
    blob = filled((200, 200), type="truncated_gaussian", mean=1, std=0.5)
    assert 0 <= blob.min() < 0.01
    assert 1.99 < blob.max() <= 2
    assert blob.mean().item() == pytest.approx(1, abs=0.012)
    # 1 - 2 * 2 * density(2) / (1 - 2 * tail(2)) of the variance is left
    assert blob.std().item() == pytest.approx(0.5 * sqrt(1 - 4 * 0.05399097 / 0.95449974), rel=0.01)


def test_truncated_gaussian_between_given_bounds():
    blob = filled((100, 100), type="truncated_gaussian", min=0.5, max=3)
    assert 0.5 <= blob.min() < 0.51
    # of a gaussian above 0.5 and below 3, the mean is (density(0.5) - density(3)) / mass
    assert blob.mean().item() == pytest.approx(
        (0.35206533 - 0.00443185) / (0.30853754 - 0.00134990), rel=0.02
    )


def test_values_fill_the_blob_or_repeat_over_its_first_axes():
    assert filled((2, 2), type="values", values=[1, 2, 3, 4]).tolist() == [[1, 2], [3, 4]]
    assert filled((2, 2), type="values", values=[5, 6]).tolist() == [[5, 6]] * 2
    assert filled((), type="values", values=[3]).item() == 3


def test_xavier_and_msra_of_blobs_with_one_axis_or_none():
    # one axis: fan-in 1, fan-out its size, as in Caffe
    assert filled((500,), type="xavier").abs().max().item() == pytest.approx(sqrt(3), rel=0.02)
    out = filled((500,), type="xavier", variance_norm=FillerParameter.FAN_OUT)
    assert out.abs().max().item() == pytest.approx(sqrt(3 / 500), rel=0.02)
    assert filled((), type="msra").isfinite()


def test_bilinear_by_hand():
    # twice the size: a triangle of 4 values
    triangle = torch.tensor([0.25, 0.75, 0.75, 0.25], dtype=torch.float64)
    blob = filled((2, 3, 4, 4), type="bilinear")
    assert torch.equal(blob[1, 2], torch.outer(triangle, triangle))
    # a triangle of 3 values: 1/2 1 1/2
    assert filled((1, 1, 3, 3), type="bilinear")[0, 0, 1].tolist() == [0.5, 1, 0.5]


def test_gabor_by_formula():
    # wave along x, then along y: at distance 1 cos(2 pi / 8); the window is exp(-1/8), and exp(-1/2) across
    blob = filled((4, 2, 3, 3), type="gabor", orientations=2, wavelength=8, std=2, aspect=2)
    window = np.exp(-(np.array([[5, 4, 5], [1, 0, 1], [5, 4, 5]])) / 8)
    window /= window.sum()
    wave = np.array([sqrt(0.5), 1, sqrt(0.5)])
    expected = window * (wave - (window * wave).sum()) / 2
    for output in (0, 2):
        for channel in (0, 1):
            assert np.allclose(blob[output, channel], expected)
            assert np.allclose(blob[output + 1, channel], expected.T)


def test_gabor_phase_turns_the_wave_within_its_window():
    even, odd = (filled((1, 1, 9, 9), type="gabor", orientations=1, phase=angle)[0, 0] for angle in (0, 90))
    assert torch.equal(even, even.flip(1))
    assert torch.allclose(odd, -odd.flip(1), atol=1e-12)
    assert odd[4, 5] < 0 < odd[4, 3]  # -sin
    for kernel in (even, odd):
        assert kernel.sum().item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("crest", [0, 0.7, 2])
def test_gabor_pair_measures_a_wave_wherever_its_crests_are(crest):
    kernels = [filled((4, 1, 25, 25), type="gabor", std=3, wavelength=5, phase=angle) for angle in (0, 90)]
    y, x = np.mgrid[:25, :25]
    for orientation, angle in enumerate(np.arange(4) * np.pi / 4):
        wave = torch.tensor(3 * np.cos(2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y - crest) / 5))
        sizes = torch.hypot(*((kernel[:, 0] * wave).sum((1, 2)) for kernel in kernels))
        assert sizes[orientation].item() == pytest.approx(1.5, rel=0.01)
        assert (sizes < 0.1).sum() == 3


def test_values_depend_only_on_the_generator():
    assert torch.equal(filled((9,), type="gaussian"), filled((9,), type="gaussian"))
    assert not torch.equal(filled((9,), type="gaussian"), filled((9,), 2, type="gaussian"))


def test_fill_without_a_generator_uses_torchs():
    blobs = []
    for _ in range(2):
        torch.manual_seed(5)
        blobs.append(torch.zeros(4))
        fill(blobs[-1], FillerParameter(type="uniform"))
    assert torch.equal(*blobs)
    assert blobs[0].any()


def test_fill_leaves_meta_blobs():
    blob = torch.empty(3, device="meta")
    fill(blob, FillerParameter(type="gaussian"), torch.Generator())
    assert blob.is_meta


def test_fill_takes_a_param_with_gradient():
    param = torch.nn.Parameter(torch.zeros(2))
    fill(param, FillerParameter(value=1))
    assert param.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("fields", "field", "message", "hint"),
    [
        ({"type": "xaiver"}, "w.type", "unknown filler type 'xaiver'", "did you mean 'xavier'?"),
        ({"type": "Gausian"}, "w.type", "unknown", "did you mean 'gaussian'?"),
        ({"type": "zzz"}, "w.type", "unknown", "known are bilinear, constant"),
        ({"sparse": 3}, "w.sparse", "sparse: 3 for a filler of type 'constant'", "only gaussian"),
        ({"type": "gaussian", "sparse": -2}, "w.sparse", "sparse: -2", "with 0 or more"),
        ({"type": "bilinear"}, "w.type", r"blob of shape \(2, 3\)", "square"),
        (
            {"type": "values", "values": [1, 2]},
            "w.values",
            r"2 values for a blob of shape \(2, 3\)",
            "3 or 6",
        ),
        ({"type": "values"}, "w.values", "0 values", "give as many"),
        ({"type": "values", "values": [1, 2, float("nan")]}, "w.values", "not finite", ""),
        ({"values": [1, 2, 3]}, "w.values", "values for a filler of type 'constant'", "only values reads it"),
        (
            {"wavelength": 3},
            "w.wavelength",
            "wavelength for a filler of type 'constant'",
            "only gabor reads it",
        ),
        ({"type": "msra", "gain": 2}, "w.gain", "gain for a filler of type 'msra'", "only orthogonal"),
        (
            {"type": "gaussian", "distribution": NORMAL},
            "w.distribution",
            "distribution for a filler of type 'gaussian'",
            "only xavier and msra read it",
        ),
        ({"type": "truncated_gaussian", "std": 0}, "w.std", "std 0 is not above 0", ""),
        ({"type": "truncated_gaussian", "min": 3}, "w.min", "from 3 to 2", "min must be below max"),
        ({"type": "truncated_gaussian", "min": 7, "max": 9}, "w.min", "hardly a value from 7", "nearer"),
    ],
)
def test_check_filler_raises_faults(fields, field, message, hint):
    with pytest.raises(LayerFault, match=message) as caught:
        check_filler(FillerParameter(**fields), (2, 3), "w")
    assert caught.value.field == field
    assert hint in (caught.value.hint or "")
    with pytest.raises(LayerFault):
        fill(torch.zeros(2, 3), FillerParameter(**fields))


def test_check_filler_refuses_a_negative_std():
    with pytest.raises(LayerFault, match="std -1 is below 0") as caught:
        check_filler(FillerParameter(type="gaussian", std=-1), (2, 3), "p.weight_filler")
    assert caught.value.field == "p.weight_filler.std"


def test_uniform_refuses_min_above_max():
    with pytest.raises(LayerFault, match="from min 2 to max 1"):
        filled((2,), type="uniform", min=2)


def test_orthogonal_refuses_a_vector():
    with pytest.raises(LayerFault, match=r"an orthogonal filler for a blob of shape \(3,\)"):
        filled((3,), type="orthogonal")


@pytest.mark.parametrize(
    ("shape", "fields", "field", "message"),
    [
        ((4, 3), {}, "type", r"a gabor filler for a blob of shape \(4, 3\)"),
        ((4, 1, 3, 2), {}, "type", "a gabor filler for a blob"),
        ((6, 1, 3, 3), {}, "orientations", "4 orientations for 6 outputs"),
        ((4, 1, 3, 3), {"orientations": 0}, "orientations", "0 of a gabor filler is below 1"),
        ((4, 1, 3, 3), {"wavelength": 1.5}, "wavelength", "1.5 of a gabor filler is below 2"),
        ((4, 1, 3, 3), {"std": 0}, "std", "std 0 of a gabor filler is not above 0"),
        ((4, 1, 3, 3), {"aspect": -1}, "aspect", "aspect -1 of a gabor filler"),
        ((4, 1, 3, 3), {"phase": float("inf")}, "phase", "not finite"),
    ],
)
def test_gabor_refuses_what_makes_no_wave(shape, fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        check_filler(FillerParameter(type="gabor", **fields), shape, "w")
    assert caught.value.field == f"w.{field}"


def test_register_filler():
    @register_filler
    def checkerboard(blob, filler, generator):
        blob.copy_(torch.arange(blob.numel()).reshape(blob.shape) % 2)

    try:
        assert filled((4,), type="checkerboard").tolist() == [0, 1, 0, 1]
        with pytest.raises(LayerzooError, match="'checkerboard' is already registered"):
            register_filler(checkerboard)
    finally:
        del FILLERS["checkerboard"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "gaussian", "std": -2}, "std"),
        ({"type": "gaussian", "std": float("nan")}, "std"),
        ({"type": "gaussian", "mean": float("inf")}, "mean"),
        ({"type": "constant", "value": float("nan")}, "value"),
        ({"type": "uniform", "max": float("inf")}, "max"),
        ({"type": "uniform", "min": -3e38, "max": 3e38}, "max"),
    ],
)
def test_number_that_fills_no_blob_is_a_fault(fields, field):
    with pytest.raises(LayerFault) as raised:
        check_filler(FillerParameter(**fields), (2, 2), "weight_filler")
    assert raised.value.field == f"weight_filler.{field}"
