"""The numpy loops below are written after the fork's kernels, a pixel after the other."""

import math

import numpy as np
import pytest
import torch

from layerzoo.functional.augmentation import coloured, crops, settled
from layerzoo.functional.augmentation_coefficients import COUNT, NAMES, decode

VECTORS = np.array([[0.51, 0.56, 0.65], [0.79, 0.01, -0.62], [0.35, -0.83, 0.44]])


def rows_of(**values):
    rows = torch.zeros(2, COUNT, dtype=torch.float64)
    for name, numbers in values.items():
        rows[:, NAMES.index(name)] = torch.tensor(numbers, dtype=torch.float64)
    return rows


def test_settled_leaves_out_what_is_nearly_neutral():
    rows = settled(rows_of(dx=[0.0009, 0.002], gamma=[math.log(1.0005), math.log(1.01)]))
    assert (rows != 0).sum(1).tolist() == [0, 2]


def test_neutral_crop_is_the_middle():
    images = torch.arange(36.0).reshape(1, 1, 6, 6)
    assert torch.equal(crops(images, torch.zeros(1, COUNT), 2, 4), images[:, :, 2:4, 1:5])


def test_crops_agree_with_loops():
    generator = np.random.default_rng(0)
    images = generator.random((2, 3, 9, 11))
    rows = rows_of(mirror=[0, 1], dx=[0.1, -0.2], dy=[0, 0.3], angle=[0.4, -1.0], zoom_x=[0.2, -0.3])
    found = crops(torch.from_numpy(images), rows, 5, 6).numpy()
    values = {name: value.numpy() for name, value in decode(rows).items()}
    for n, y, x in np.ndindex(2, 5, 6):
        u = (3 - x if values["mirror"][n] else x - 3), y - 2.5
        angle = values["angle"][n]
        u = (math.cos(angle) * u[0] - math.sin(angle) * u[1], math.sin(angle) * u[0] + math.cos(angle) * u[1])
        u = ((u[0] + values["dx"][n] * 6) / values["zoom_x"][n], u[1] + values["dy"][n] * 5)
        px, py = min(max(u[0] + 5.5, 0), 11 - 1.05), min(max(u[1] + 4.5, 0), 9 - 1.05)
        i, j = int(py), int(px)
        a, b = px - j, py - i
        block = images[n, :, i : i + 2, j : j + 2]
        expected = (1 - b) * ((1 - a) * block[:, 0, 0] + a * block[:, 0, 1])
        expected = expected + b * ((1 - a) * block[:, 1, 0] + a * block[:, 1, 1])
        np.testing.assert_allclose(found[n, :, y, x], expected, atol=1e-9)


def test_neutral_coefficients_leave_colours():
    images = torch.rand(2, 3, 4, 5) * 300 - 20
    vectors = torch.from_numpy(VECTORS).float()
    assert torch.equal(coloured(images, images, torch.zeros(2, COUNT), vectors, 255), images)


def test_contrast_agrees_with_loops():
    images = np.random.default_rng(1).random((2, 3, 2, 3))
    rows = rows_of(gamma=[0.2, 0], brightness=[0.1, -0.1], contrast=[0.3, 0.1], color1=[0.2, 0])
    found = coloured(torch.from_numpy(images), torch.from_numpy(images), rows, None, 1.2).numpy()
    values = {name: value.numpy() for name, value in decode(rows).items()}
    for n, y, x in np.ndindex(2, 2, 3):
        rgb = images[n, :, y, x]
        tinted = rgb * [values[f"color{i}"][n] for i in (1, 2, 3)]
        tinted = np.clip(tinted * rgb.sum() / (tinted.sum() + 0.01), 0, 1)
        bright = tinted ** values["gamma"][n] + values["brightness"][n]
        expected = np.clip(0.5 + (bright - 0.5) * values["contrast"][n], 0, 1.2)
        np.testing.assert_allclose(found[n, :, y, x], expected, atol=1e-9)


def test_shadow_darkens_a_half_plane():
    images = torch.full((2, 3, 4, 4), 10.0, dtype=torch.float64)
    rows = rows_of(shadow_angle=[0, math.pi / 2], shadow_distance=[0.5, 0.1], shadow_strength=[4, 20])
    found = coloured(images, images, rows, None, 9)
    assert found[0, 0].tolist() == [[9, 9, 9, 6]] * 4
    assert found[1, 0].tolist() == [[9] * 4] * 3 + [[0] * 4]


def eigen_loops(images, source, values, most):
    mean = source.mean((0, 2, 3))
    highest = abs(np.einsum("ec,nchw->nehw", VECTORS, source)).max((0, 2, 3))
    middle = VECTORS @ mean / highest
    length = math.sqrt((highest**2).sum())
    top = np.zeros(images.shape)

    def power(x, exponent):
        return math.copysign(abs(x) ** exponent, x)

    for n, y, x in np.ndindex(len(images), *images.shape[2:]):
        v = {name: value[n] for name, value in values.items()}
        eigen = VECTORS @ (images[n, :, y, x] - mean) / highest
        for c in range(3):
            eigen[c] = (power(eigen[c], v[f"pow_nomean{c}"]) + v[f"add_nomean{c}"]) * v[f"mult_nomean{c}"]
        eigen = eigen + middle
        eigen[0] = (power(eigen[0], v["pow_withmean0"]) + v["add_withmean0"]) * v["mult_withmean0"]
        s = math.hypot(eigen[1], eigen[2])
        wanted = s
        if s > 1e-2:
            wanted = max(s ** v["pow_withmean1"] + v["add_withmean1"], 0) * v["mult_withmean1"]
        cosine, sine = math.cos(v["col_angle"]), math.sin(v["col_angle"])
        eigen[1:] = cosine * eigen[1] - sine * eigen[2], sine * eigen[1] + cosine * eigen[2]
        eigen = eigen * highest
        light = math.sqrt((eigen**2).sum()) / length
        if s > 1e-2:
            eigen[1:] = eigen[1:] / s * wanted
        now = math.sqrt((eigen**2).sum())
        light = max(light ** v["lmult_pow"] + v["lmult_add"], 0) * v["lmult_mult"] * length
        if now > 1e-2:
            eigen = np.minimum(eigen / now * light, highest)
        top[n, :, y, x] = np.clip(VECTORS.T @ eigen, 0, most)
    return top


@pytest.mark.parametrize("most", [255, 0.8])
def test_changes_in_eigenvectors_agree_with_loops(most):
    generator = np.random.default_rng(2)
    source = generator.random((2, 3, 5, 6))
    images = source[:, :, 1:4, 1:4].copy()
    names = [name for name in NAMES[12:34] if name != "col_angle"]
    rows = rows_of(**{name: generator.uniform(-0.2, 0.2, 2).tolist() for name in names}, col_angle=[0.3, 0])
    vectors = torch.from_numpy(VECTORS)
    found = coloured(torch.from_numpy(images), torch.from_numpy(source), rows, vectors, most)
    values = {name: value.numpy() for name, value in decode(rows).items()}
    np.testing.assert_allclose(found, eigen_loops(images, source, values, most), atol=1e-9)
