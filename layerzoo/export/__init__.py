"""Export nets to ONNX, to torch.export programs or to Python source.

Each export is compared with the net's own outputs before the file is written, and rejected if it differs.
"""

from layerzoo.export.onnx import export_onnx
from layerzoo.export.python import export_python
from layerzoo.export.torch_program import export_torch

__all__ = ["export_onnx", "export_python", "export_torch"]
