"""Nesterov: SGD with Nesterov's accelerated gradient."""

from __future__ import annotations

from layerzoo.optimizer.rule import register
from layerzoo.optimizer.sgd import SGD


@register
class Nesterov(SGD):
    """``V' = momentum * V + lr * g``, ``w = w - (1 + momentum) * V' + momentum * V``. History: V.

    Source: Caffe's ``NesterovSolver``; Sutskever et al. 2013, "On the importance of initialization and
    momentum in deep learning".
    """

    nesterov = True
