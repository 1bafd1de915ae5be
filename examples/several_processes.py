"""Train one net in two processes, on the CPU or, with `gpu` as second argument, on one GPU each.

Each process has its own solver and a share of the digits, selected by rank in a Python layer. Each update
uses the gradients averaged over both processes, so both end with the same params.

    python -m layerzoo.pycaffe examples/several_processes.py
"""

import os
import sys
import tempfile
from multiprocessing import Process

import caffe
import digits
import numpy as np
from caffe import layers as L

ITERATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
PROCESSES, BATCH = 2, 32


class DigitsShare(caffe.Layer):
    """Batches of this process's share of the digits; for testing, of all held-out digits."""

    def setup(self, bottom, top):
        training = self.phase == caffe.TRAIN
        images, labels = digits.load("train" if training else "test")
        own = slice(caffe.solver_rank(), None, caffe.solver_count()) if training else slice(None)
        self.images, self.labels, self.at = images[own], labels[own], 0

    def reshape(self, bottom, top):
        top[0].reshape(BATCH, 1, 8, 8)
        top[1].reshape(BATCH)

    def forward(self, bottom, top):
        rows = np.arange(self.at, self.at + BATCH) % len(self.labels)
        top[0].data[...], top[1].data[...] = self.images[rows], self.labels[rows]
        self.at += BATCH

    def backward(self, top, propagate_down, bottom):
        pass


def net():
    n = caffe.NetSpec()
    n.data, n.label = L.Python(module="__main__", layer="DigitsShare", ntop=2)
    n.conv1 = L.Convolution(n.data, kernel_size=3, pad=1, num_output=20, weight_filler=dict(type="xavier"))
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2)
    n.fc1 = L.InnerProduct(n.pool1, num_output=100, weight_filler=dict(type="xavier"))
    n.relu1 = L.ReLU(n.fc1, in_place=True)
    n.score = L.InnerProduct(n.relu1, num_output=10, weight_filler=dict(type="xavier"))
    n.loss = L.SoftmaxWithLoss(n.score, n.label)
    n.accuracy = L.Accuracy(n.score, n.label, include=dict(phase=caffe.TEST))
    return n.to_proto()


def solve(rank, uid, gpus):
    if gpus:
        caffe.set_mode_gpu()
        caffe.set_device(rank)
    caffe.set_solver_count(PROCESSES)
    caffe.set_solver_rank(rank)
    caffe.set_multiprocess(True)
    solver = caffe.SGDSolver("solver.prototxt")
    nccl = caffe.NCCL(solver, uid)
    nccl.bcast()
    solver.add_callback(nccl)
    if solver.param.layer_wise_reduce:
        solver.net.after_backward(nccl)
    solver.step(ITERATIONS)
    np.save(
        "rank{}.npy".format(rank), np.concatenate([p[0].data.ravel() for p in solver.net.params.values()])
    )
    if rank == 0:
        test = solver.test_nets[0]
        np.save("accuracy.npy", [float(test.forward()["accuracy"]) for _ in range(11)])


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    with open("net.prototxt", "w") as f:
        f.write(str(net()))
    with open("solver.prototxt", "w") as f:
        f.write(
            'net: "net.prototxt" base_lr: 0.02 momentum: 0.9 weight_decay: 0.0005 lr_policy: "fixed" '
            "random_seed: 1 test_interval: 100000 test_iter: 1 test_initialization: false"
        )
    uid = caffe.NCCL.new_uid()
    gpus = len(sys.argv) > 2 and sys.argv[2] == "gpu"
    processes = [Process(target=solve, args=(rank, uid, gpus)) for rank in range(PROCESSES)]
    for process in processes:
        process.daemon = True
        process.start()
    for process in processes:
        process.join()
    first, second = (np.load("rank{}.npy".format(rank)) for rank in range(PROCESSES))
    accuracy = np.load("accuracy.npy").mean()
    print("{} processes, {} iterations, {} weights".format(PROCESSES, ITERATIONS, len(first)))
    print("RESULT accuracy={:.3f} difference={:g}".format(accuracy, np.abs(first - second).max()))
