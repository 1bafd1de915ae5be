"""Training loops and inference as people write them: plain, and tuned by an expert."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def loss_of(scores: Tensor | tuple[Tensor, ...], labels: Tensor) -> Tensor:
    """Cross entropy; side classifiers count 0.3."""
    if isinstance(scores, Tensor):
        return F.cross_entropy(scores, labels)
    first, *sides = scores
    return F.cross_entropy(first, labels) + sum(0.3 * F.cross_entropy(side, labels) for side in sides)


def plain_training(net: nn.Module, x: Tensor, labels: Tensor) -> Callable[[int], None]:
    """Iterations of training as tutorials have it; data are tensors in memory."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005)

    def run(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            loss_of(net(x), labels).backward()
            optimizer.step()

    return run


def expert_training(net: nn.Module, x: Tensor, labels: Tensor) -> Callable[[int], None]:
    """Iterations as an expert tunes it: channels-last, activations in place, a fused optimiser."""
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True
    if x.dim() == 4:
        net = net.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=0.0005, fused=True)

    def run(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad(set_to_none=True)
            loss_of(net(x), labels).backward()
            optimizer.step()

    return run


def plain_inference(net: nn.Module, x: Tensor) -> Callable[[int], None]:
    """Passes as tutorials have it."""
    net.eval()

    def run(count: int) -> None:
        with torch.no_grad():
            for _ in range(count):
                net(x)

    return run


def expert_inference(net: nn.Module, x: Tensor) -> Callable[[int], None]:
    """Passes in channels-last and inference mode, activations in place."""
    net.eval()
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True
    if x.dim() == 4:
        net = net.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)

    def run(count: int) -> None:
        with torch.inference_mode():
            for _ in range(count):
                net(x)

    return run
