"""Images in channels-last."""

from __future__ import annotations

import pytest
import torch

from layerzoo.functional.layout import channels_last, has_onednn, is_channels_last, mixed_channels


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 1, 4, 5), (1, 6, 1, 1)])
def test_channels_last_keeps_the_values_and_puts_channels_side_by_side(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    y = channels_last(x)
    assert torch.equal(x, y)
    assert is_channels_last(y)
    assert y.stride(1) == 1
    assert channels_last(y) is y


def test_channels_last_of_one_channel_takes_no_copy() -> None:
    x = torch.randn(2, 1, 4, 5)
    assert channels_last(x).data_ptr() == x.data_ptr()


def test_channels_last_passes_the_gradient() -> None:
    x = torch.randn(2, 1, 4, 5, requires_grad=True)
    (channels_last(x) * torch.arange(5.0)).sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, torch.arange(5.0).expand(2, 1, 4, 5))


def test_is_channels_last_of_other_tensors() -> None:
    assert not is_channels_last(torch.zeros(2, 3, 4, 5))
    assert not is_channels_last(torch.zeros(3))


def test_mixed_channels_is_a_convolution_of_one_pixel() -> None:
    x = channels_last(torch.randn(2, 3, 4, 5))
    weight, bias = torch.randn(6, 3, 1, 1), torch.randn(6)
    wanted = torch.nn.functional.conv2d(x, weight, bias)
    assert torch.allclose(mixed_channels(x, weight, bias).permute(0, 3, 1, 2), wanted, atol=1e-6)


def test_has_onednn_is_what_torch_says() -> None:
    assert has_onednn() is torch.backends.mkldnn.is_available()
