from __future__ import annotations

from math import log

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import BlobProto, BlobShape

# Probabilities 1/4, 3/4 and 1/2, 1/2.
SCORES = torch.tensor([[0.0, log(3)], [0.0, 0.0]])
LABELS = torch.tensor([0.0, 1.0])
MATRIX = torch.tensor([[1.0, 0.5], [0.0, 2.0]])
LOSS = (log(4) + 0.5 * log(4 / 3) + 2 * log(2)) / 2
TYPE = 'type: "InfogainLoss" '


def write(path, values):
    path.write_bytes(BlobProto(shape=BlobShape(dim=[1, 1, 2, 2]), data=values).SerializeToString())
    return TYPE + f'infogain_loss_param {{ source: "{path}" }}'


def test_matrix_is_read_from_third_bottom(make):
    x = SCORES.clone().requires_grad_()
    loss = make(TYPE, (2, 2), (2,), (1, 1, 2, 2))(x, LABELS, MATRIX.reshape(1, 1, 2, 2))
    loss.backward()
    assert loss.item() == pytest.approx(LOSS)
    # (sum of the label's row * probability - row) / 2: (1.5 / 4 - 1) / 2 and (2 / 2 - 0) / 2.
    torch.testing.assert_close(x.grad, torch.tensor([[-0.3125, 0.3125], [0.5, -0.5]]))


def test_logarithm_is_clamped_and_gradient_is_not(make):
    x = torch.tensor([[0.0, 100.0]], requires_grad=True)
    loss = make(TYPE, (1, 2), (1,), (2, 2))(x, torch.zeros(1), torch.eye(2))
    loss.backward()
    assert loss.item() == pytest.approx(20 * log(10)), "the probability is e^-100"
    assert x.grad.tolist() == [[-1, 1]]


def test_matrix_is_read_from_file(make, tmp_path):
    layer = make(write(tmp_path / "h.binaryproto", [1, 0.5, 0, 2]), (2, 2), (2,))
    assert layer(SCORES, LABELS).item() == pytest.approx(LOSS)
    assert not layer.state_dict()


def test_identity_matrix_equals_softmax_with_loss(make):
    x = torch.randn(2, 3, 4)
    labels = torch.tensor([[0.0, 1, 9, 2], [2, 2, 1, 0]])
    ours = make(TYPE + "loss_param { ignore_label: 9 }", (2, 3, 4), (2, 4), (3, 3))(x, labels, torch.eye(3))
    text = 'type: "SoftmaxWithLoss" loss_param { ignore_label: 9 }'
    torch.testing.assert_close(ours, make(text, (2, 3, 4), (2, 4))(x, labels))


def test_axis_normalisation_and_second_top(make):
    text = TYPE + 'top: "loss" top: "p" infogain_loss_param { axis: 0 } loss_param { normalization: NONE }'
    loss, prob = make(text, (2, 2), (2,), (2, 2))(SCORES.t(), LABELS, MATRIX)
    assert loss.item() == pytest.approx(2 * LOSS)
    torch.testing.assert_close(prob, torch.tensor([[0.25, 0.5], [0.75, 0.5]]))


def test_gradient(make):
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    layer = make(TYPE, (3, 4), (3,), (4, 4))
    matrix = torch.rand(4, 4, dtype=torch.float64)
    assert gradcheck(lambda x: layer(x, torch.tensor([0.0, 3, 1]), matrix), (x,))


def test_shapes(shapes):
    assert shapes(TYPE + 'top: "loss" top: "p"', (4, 3), (4,), (3, 3)) == [(), (4, 3)]
    with pytest.raises(LayerFault, match=r"matrix of shape \(2, 3\) for 3 classes"):
        shapes(TYPE, (4, 3), (4,), (2, 3))
    with pytest.raises(LayerFault, match="no infogain matrix"):
        shapes(TYPE, (4, 3), (4,))
    with pytest.raises(LayerFault, match="normalize is not read"):
        shapes(TYPE + "loss_param { normalize: true }", (4, 3), (4,), (3, 3))


def test_invalid_matrix_files_are_errors(make, tmp_path):
    path = tmp_path / "h.binaryproto"
    text = write(path, [1, 2, 3, 4])
    with pytest.raises(DataError, match="matrix of 4 values; 3 classes need 9"):
        make(text, (2, 3), (2,))
    write(path, [1, 2, 3])
    with pytest.raises(DataError, match="declares 1 x 1 x 2 x 2 and holds 3 values"):
        make(text, (2, 2), (2,))
    path.write_bytes(b"\xff" * 40)
    with pytest.raises(DataError, match="not a blob in Caffe's binary format"):
        make(text, (2, 2), (2,))
    path.write_bytes(bytes(10_000))
    with pytest.raises(DataError, match="holds no values"):
        make(text, (2, 2), (2,))
    path.unlink()
    with pytest.raises(DataError, match="can't be read: No such file"):
        make(text, (2, 2), (2,))
