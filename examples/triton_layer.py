"""A layer on torch tensors, written in Triton, with a fallback for the CPU.

A ``TorchLayer`` computes on tensors: nothing is copied to the host, autograd computes the gradient (here by a
``torch.autograd.Function`` with two kernels), and torch.compile and CUDA graphs remain usable.

    python -m layerzoo.pycaffe examples/triton_layer.py
"""

import os
import tempfile

import caffe
import numpy as np
import torch

try:
    import triton
    import triton.language as tl
except ImportError:
    triton = None

BLOCK = 1024

if triton is not None:

    @triton.jit
    def _forward_kernel(x_ptr, y_ptr, beta, count, block: tl.constexpr):
        at = tl.program_id(0) * block + tl.arange(0, block)
        inside = at < count
        x = tl.load(x_ptr + at, inside)
        tl.store(y_ptr + at, x / (1 + tl.exp(-beta * x)), inside)

    @triton.jit
    def _backward_kernel(x_ptr, dy_ptr, dx_ptr, beta, count, block: tl.constexpr):
        at = tl.program_id(0) * block + tl.arange(0, block)
        inside = at < count
        x = tl.load(x_ptr + at, inside)
        s = 1 / (1 + tl.exp(-beta * x))
        dy = tl.load(dy_ptr + at, inside)
        tl.store(dx_ptr + at, dy * (s + beta * x * s * (1 - s)), inside)


class _SwishInTriton(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, beta):
        x = x.contiguous()
        ctx.save_for_backward(x)
        ctx.beta = beta
        y = torch.empty_like(x)
        _forward_kernel[(triton.cdiv(x.numel(), BLOCK),)](x, y, beta, x.numel(), block=BLOCK)
        return y

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        dx = torch.empty_like(x)
        grid = (triton.cdiv(x.numel(), BLOCK),)
        _backward_kernel[grid](x, dy.contiguous(), dx, ctx.beta, x.numel(), block=BLOCK)
        return dx, None


class Swish(caffe.TorchLayer):
    """x * sigmoid(beta * x); param_str is beta."""

    def setup(self, bottom_shapes):
        self.beta = float(self.param_str or 1)

    def top_shapes(self, bottom_shapes):
        return [bottom_shapes[0]]

    def forward(self, x):
        if x.is_cuda and triton is not None:
            return _SwishInTriton.apply(x, self.beta)
        return x * torch.sigmoid(self.beta * x)


NET = """
force_backward: true
input: 'x' input_shape { dim: 4 dim: 1000 }
layer { name: 'swish' type: 'Python' bottom: 'x' top: 'y'
  python_param { module: 'triton_layer' layer: 'Swish' param_str: '1.5' } }
"""

if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    with open("net.prototxt", "w") as f:
        f.write(NET)
    if torch.cuda.is_available():
        caffe.set_mode_gpu()
    net = caffe.Net("net.prototxt", caffe.TRAIN)
    x = np.random.RandomState(0).randn(4, 1000).astype(np.float32)
    y = net.forward(x=x)["y"].copy()
    dx = net.backward(y=np.ones_like(y))["x"]
    s = 1 / (1 + np.exp(-1.5 * x))
    difference = max(np.abs(y - x * s).max(), np.abs(dx - (s + 1.5 * x * s * (1 - s))).max())
    print("runs on {}, in {}".format(net.net.device, "Triton" if net.net.device.type == "cuda" else "torch"))
    print("RESULT difference={:.2g}".format(difference))
