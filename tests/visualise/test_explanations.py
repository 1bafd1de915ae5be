"""Figures of what a score depends on."""

from __future__ import annotations

import numpy as np
import torch

from layerzoo.visualise.class_score import class_score
from layerzoo.visualise.explanations import Seen, grad_cam_figures, occlusion_figure, saliency_figure
from tests.visualise.nets import small_net

ZOOM = 280 // 6


def seen(image: torch.Tensor) -> Seen:
    return Seen("dot", image, np.full((6, 6, 1), 100, np.uint8))


def test_figures_show_the_image_beside_the_map() -> None:
    net, image = small_net(), torch.randn(1, 1, 6, 6)
    target = class_score(net, image, "prob", ["a", "b", "c"], "b")
    figures = [
        saliency_figure(net, seen(image), target),
        *grad_cam_figures(net, seen(image), target, ["conv", "relu"]),
        occlusion_figure(net, seen(image), target),
    ]
    names = ["saliency-dot-b", "gradcam-conv-dot-b", "gradcam-relu-dot-b", "occlusion-dot-b"]
    assert [figure.name for figure in figures] == names
    for figure in figures:
        assert figure.picture.size == (2 * 6 * ZOOM + 8, 6 * ZOOM)
        assert figure.picture.getpixel((5, 5)) == (100, 100, 100)
        assert figure.caption.startswith(f"class b ({target.answer:.4g}), ")
        assert figure.section == "What the class b of dot depends on"


def test_occlusion_map_is_white_where_nothing_changes_and_red_where_the_answer_drops() -> None:
    net = small_net()
    with torch.no_grad():
        net.params["conv"][0].zero_()
        net.params["conv"][0][0, 0, 1, 1] = 1  # the pixel itself
        net.params["conv"][1].zero_()
        net.params["ip"][0].zero_()
        net.params["ip"][0][0, 0] = 5  # the first place: pixel (1, 1)
    image = torch.zeros(1, 1, 6, 6)
    image[..., 1, 1] = 1
    figure = occlusion_figure(net, seen(image), class_score(net, image, "prob", [], "0"), 1, 1)
    left = 6 * ZOOM + 8
    assert figure.picture.getpixel((left + ZOOM + 5, ZOOM + 5)) == (178, 24, 43)
    assert figure.picture.getpixel((left + 4 * ZOOM + 5, 4 * ZOOM + 5)) == (247, 247, 247)


def test_grad_cam_that_is_zero_everywhere_is_said() -> None:
    net = small_net()
    net.params["ip"][0].data.zero_()
    image = torch.randn(1, 1, 6, 6)
    (figure,) = grad_cam_figures(net, seen(image), class_score(net, image, "prob", [], "0"))
    assert "0 everywhere" in figure.caption
