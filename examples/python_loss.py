"""A loss layer in Python: EuclideanLoss, written with numpy.

    python -m layerzoo.pycaffe examples/python_loss.py

The same net is trained with the layer below and with the built-in one, and their losses are compared step by
step. To train such a net from the command line:
layerzoo train -solver solver.prototxt -allow_python python_loss
"""

import os
import sys
import tempfile

import caffe
import numpy as np


class EuclideanLossLayer(caffe.Layer):
    """Half the squared distance of two bottoms, averaged over the batch."""

    def setup(self, bottom, top):
        if len(bottom) != 2:
            raise Exception("Need two inputs to compute distance.")

    def reshape(self, bottom, top):
        if bottom[0].count != bottom[1].count:
            raise Exception("Inputs must have the same dimension.")
        self.diff = np.zeros_like(bottom[0].data, dtype=np.float32)
        top[0].reshape(1)

    def forward(self, bottom, top):
        self.diff[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.diff**2) / bottom[0].num / 2.0

    def backward(self, top, propagate_down, bottom):
        for i in range(2):
            if not propagate_down[i]:
                continue
            sign = 1 if i == 0 else -1
            bottom[i].diff[...] = sign * self.diff / bottom[i].num


NET = """
name: 'LinearRegression'
layer { type: 'MemoryData' name: 'data' top: 'x' top: 'index'
  memory_data_param { batch_size: 50 channels: 3 height: 1 width: 1 } }
layer { type: 'InnerProduct' name: 'truth' bottom: 'x' top: 't' param { lr_mult: 0 } param { lr_mult: 0 }
  inner_product_param { num_output: 2 weight_filler { type: 'constant' value: 0.5 } } }
layer { type: 'InnerProduct' name: 'ip' bottom: 'x' top: 'y'
  inner_product_param { num_output: 2 weight_filler { type: 'xavier' } } }
layer { %s name: 'loss' bottom: 'y' bottom: 't' top: 'loss' loss_weight: 1 }
layer { type: 'Silence' name: 'silence' bottom: 'index' }
"""
OURS = "type: 'Python' python_param { module: 'python_loss' layer: 'EuclideanLossLayer' }"
CAFFES = "type: 'EuclideanLoss'"


def losses_of(loss, iterations):
    with open("net.prototxt", "w") as f:
        f.write(NET % loss)
    with open("solver.prototxt", "w") as f:
        f.write("net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed' max_iter: 1000 random_seed: 3")
    solver = caffe.SGDSolver("solver.prototxt")
    data = np.random.RandomState(0).randn(200, 3, 1, 1).astype(np.float32)
    solver.net.set_input_arrays(data, np.arange(200, dtype=np.float32))
    losses = []
    for _ in range(iterations):
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].data.item()))
    return np.array(losses), solver.net.params["ip"][0].data.copy()


if __name__ == "__main__":
    iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    os.chdir(tempfile.mkdtemp())
    caffe.set_mode_cpu()
    ours, weights = losses_of(OURS, iterations)
    caffes, _ = losses_of(CAFFES, iterations)
    print("first and last loss: {:.4f} {:.6f}".format(ours[0], ours[-1]))
    print("learned weights:\n{}".format(np.round(weights, 3)))
    print("RESULT difference={:.2g} last={:.6f}".format(np.abs(ours - caffes).max(), ours[-1]))
