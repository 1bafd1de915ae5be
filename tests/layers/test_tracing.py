"""Layers whose passes look at sizes or values are traced for any number of images."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from layerzoo.layer import Layer


class Module(nn.Module):
    """A layer as torch.export takes it, with as many bottoms as it has."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        tops: Tensor | tuple[Tensor, ...] = self.layer(*bottoms)
        return tops


YOLO_V1 = 'type: "EvalDetection" eval_detection_param { side: 2 num_class: 2 num_object: 1 nms: 0.4 }'
DRAWN = "translate { spread: 0.1 } zoom { spread: 0.1 exp: true } brightness { spread: 0.2 }"
CASES = {
    "EvalDetection": (YOLO_V1, [(4 * 7,), (4 * 7,)]),
    "UniqueLabel": ('type: "UniqueLabel" unique_label_param { max_labels: 9 }', [(1, 2, 3)]),
    "L1Loss": ('type: "L1Loss" l1_loss_param { normalize_by_num_entries: true }', [(2, 3, 4)] * 2),
    "L1Loss per image": ('type: "L1Loss" l1_loss_param { l2_per_location: true }', [(2, 3, 4)]),
    "LpqLoss": (
        'type: "LpqLoss" lpq_loss_param { p: 1 p: 2 q: 1 q: 0.5 pq_episode_starts_at_iter: 0 '
        "pq_episode_starts_at_iter: 1 }",
        [(2, 3, 4)] * 2,
    ),
    "GenerateAugmentationParameters": (
        'type: "GenerateAugmentationParameters" augmentation_param '
        f'{{ crop_width: 3 crop_height: 2 mode: "add" {DRAWN} }}',
        [(3, 4, 5)],
    ),
    "DataAugmentation": (
        f'type: "DataAugmentation" augmentation_param {{ crop_width: 3 crop_height: 2 {DRAWN} }}',
        [(3, 4, 5)],
    ),
}  # fmt: skip


def exported(layer: Layer, bottoms: list[Tensor], axes: list[int]) -> Callable[..., Tensor]:
    """The program of a layer, traced with a number of images that isn't known."""
    count = torch.export.Dim("count", min=1)
    shapes = {"bottoms": tuple({axis: count} for axis in axes)}
    with torch.no_grad():
        program = torch.export.export(Module(layer), tuple(bottoms), dynamic_shapes=shapes)
    module: Callable[..., Tensor] = program.module()
    return module


@pytest.mark.parametrize("name", sorted(CASES))
def test_program_takes_any_number_of_images(make, name):
    text, shapes = CASES[name]
    bottoms = [
        torch.rand(5, *shape, generator=torch.Generator().manual_seed(1)).round(decimals=1)
        for shape in shapes
    ]
    layer = make(text, *(tuple(blob[:2].shape) for blob in bottoms))
    program = exported(layer, [blob[:2] for blob in bottoms], [0] * len(bottoms))
    for count in (1, 2, 5):
        with torch.no_grad():
            expected = layer(*(blob[:count] for blob in bottoms))
            torch.testing.assert_close(program(*(blob[:count] for blob in bottoms)), expected)


def test_program_of_factors_by_sample_takes_any_number_of_samples(make):
    layer = make('type: "Eltwise" eltwise_param { coeff_blob: true }', (2, 3), (2, 3), (2, 2))
    blobs = [torch.rand(4, 3), torch.rand(4, 3), torch.rand(2, 4)]
    program = exported(layer, [blobs[0][:2], blobs[1][:2], blobs[2][:, :2].contiguous()], [0, 0, 1])
    torch.testing.assert_close(program(*blobs), layer(*blobs))
