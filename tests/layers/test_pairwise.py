from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

A = torch.tensor([[1.0, 5.0], [2.0, 3.0]])
B = torch.tensor([[2.0, 4.0]])


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ({}, [[[3, 9]], [[4, 7]]]),
        ({"coeff": [2, -1]}, [[[0, 6]], [[2, 2]]]),
        ({"operation": "PROD"}, [[[2, 20]], [[4, 12]]]),
        ({"operation": "MAX"}, [[[2, 5]], [[2, 4]]]),
    ],
)
def test_operations(make, param, expected):
    assert make("Pairwise", (2, 2), (1, 2), pairwise_param=param)(A, B).tolist() == expected


def test_equal_maxima_give_their_gradient_to_the_second_bottom(make):
    a, b = A.clone().requires_grad_(), B.clone().requires_grad_()
    make("Pairwise", (2, 2), (1, 2), pairwise_param={"operation": "MAX"})(a, b).sum().backward()
    assert a.grad.tolist() == [[0, 1], [0, 0]]
    assert b.grad.tolist() == [[2, 1]]


@pytest.mark.parametrize(
    ("bottoms", "param", "message"),
    [
        (((2, 2), (1, 3)), {}, r"expected \(M, K\) and \(N, K\)"),
        (((2, 2), (1, 2)), {"coeff": [1]}, "1 weights for 2 bottoms"),
        (((2, 2), (1, 2)), {"operation": "PROD", "coeff": [1, 1]}, "only a sum has weights"),
    ],
)
def test_mistakes(shapes, bottoms, param, message):
    with pytest.raises(LayerFault, match=message):
        shapes("Pairwise", *bottoms, pairwise_param=param)
