"""Occlusion."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.visualise.class_score import class_score
from layerzoo.visualise.occlusion import occlusion
from tests.visualise.nets import small_net
from tests.visualise.plain import answers_of


@pytest.mark.parametrize(("channels", "window", "stride"), [(1, 3, 2), (3, 2, 2), (1, 4, 3), (1, 1, 1)])
def test_occlusion_equals_loops(channels: int, window: int, stride: int) -> None:
    net = small_net(channels)
    torch.manual_seed(2)
    image = torch.randn(1, channels, 6, 6)
    target = class_score(net, image, "prob", [], "0")
    whole = float(answers_of(net, image)[0, 0])
    starts = sorted({*range(0, 6 - window + 1, stride), 6 - window})
    expected = torch.zeros(6, 6)
    for y in range(6):
        for x in range(6):
            drops = []
            for top in starts:
                for left in starts:
                    if top <= y < top + window and left <= x < left + window:
                        covered = image.clone()
                        for channel in range(channels):
                            part = covered[0, channel, top : top + window, left : left + window]
                            part.fill_(float(image[0, channel].mean()))
                        drops.append(whole - float(answers_of(net, covered)[0, 0]))
            expected[y, x] = sum(drops) / len(drops)
    torch.testing.assert_close(occlusion(net, image, target, window, stride), expected, atol=1e-6, rtol=1e-4)


def test_occlusion_covers_a_quarter_of_the_side_by_default() -> None:
    net, image = small_net(), torch.randn(1, 1, 6, 6)
    target = class_score(net, image, "prob", [])
    torch.testing.assert_close(occlusion(net, image, target), occlusion(net, image, target, 1, 1))


def test_windows_that_do_not_fit_are_refused() -> None:
    net, image = small_net(), torch.zeros(1, 1, 6, 6)
    target = class_score(net, image, "prob", [])
    with pytest.raises(UsageError, match="a window of 7 pixels is larger than the image, 6 x 6"):
        occlusion(net, image, target, 7)
    with pytest.raises(UsageError, match="a stride of 3 pixels is larger than the window of 2"):
        occlusion(net, image, target, 2, 3)
