from __future__ import annotations

import torch

from layerzoo.functional import onnx_operators


class Suppressing(torch.nn.Module):
    def forward(self, boxes: torch.Tensor) -> torch.Tensor:
        if onnx_operators.wanted():
            return onnx_operators.suppress(boxes, boxes[..., 0] > 0, 0.5)
        return boxes[..., 0] > 0


def operators_of(program: torch.export.ExportedProgram) -> list[str]:
    return [str(node.target) for node in program.graph.nodes if node.op == "call_function"]


def test_operators_are_called_only_while_a_net_is_traced_for_onnx() -> None:
    boxes = (torch.rand(2, 5, 4),)
    assert "layerzoo.suppress.default" not in operators_of(torch.export.export(Suppressing(), boxes))
    with onnx_operators.tracing():
        assert not onnx_operators.wanted()
        program = torch.export.export(Suppressing(), boxes)
    assert "layerzoo.suppress.default" in operators_of(program)


def test_shapes_of_results() -> None:
    with torch._subclasses.FakeTensorMode():
        x, regions = torch.rand(2, 3, 8, 9), torch.rand(6, 5)
        assert onnx_operators.max_roi_pool(x, regions, 4, 5, 0.5).shape == (6, 3, 4, 5)
        image = torch.zeros(6, dtype=torch.int64)
        assert onnx_operators.roi_align(x, regions[:, 1:], image, 4, 5, 2, 0.5).shape == (6, 3, 4, 5)
        mask = onnx_operators.suppress(torch.rand(2, 7, 4), torch.ones(2, 7, dtype=torch.bool), 0.5)
        assert mask.shape == (2, 7)
        assert mask.dtype == torch.bool
