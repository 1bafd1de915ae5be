"""A net in other programs' words: ONNX, a program of torch.export's, or plain Python.

Each is compared with the net's own output before it gets its name, and refused when it differs.
"""

from layerzoo.export.onnx import export_onnx
from layerzoo.export.python import export_python
from layerzoo.export.torch_program import export_torch

__all__ = ["export_onnx", "export_python", "export_torch"]
