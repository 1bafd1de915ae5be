"""LeNet in NetSpec with a custom training loop.

The net is defined in Python, the solver runs one iteration at a time, and the loop records the training loss
of each iteration and the accuracy on held-out digits, computed from the blobs.

    python -m layerzoo.pycaffe examples/lenet_by_hand.py
"""

import os
import sys
import tempfile

import caffe
import digits
import numpy as np
from caffe import layers as L
from caffe import params as P
from caffe.proto import caffe_pb2

ITERATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
BATCH, TEST_BATCH = 64, 60


def lenet(batch_size):
    n = caffe.NetSpec()
    n.data, n.label = L.MemoryData(batch_size=batch_size, channels=1, height=8, width=8, ntop=2)
    n.conv1 = L.Convolution(n.data, kernel_size=3, pad=1, num_output=20, weight_filler=dict(type="xavier"))
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.conv2 = L.Convolution(n.pool1, kernel_size=3, pad=1, num_output=50, weight_filler=dict(type="xavier"))
    n.pool2 = L.Pooling(n.conv2, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.fc1 = L.InnerProduct(n.pool2, num_output=100, weight_filler=dict(type="xavier"))
    n.relu1 = L.ReLU(n.fc1, in_place=True)
    n.score = L.InnerProduct(n.relu1, num_output=10, weight_filler=dict(type="xavier"))
    n.loss = L.SoftmaxWithLoss(n.score, n.label)
    return n.to_proto()


os.chdir(tempfile.mkdtemp())
caffe.set_mode_cpu()
for name, size in (("train.prototxt", BATCH), ("test.prototxt", TEST_BATCH)):
    with open(name, "w") as f:
        f.write(str(lenet(size)))

s = caffe_pb2.SolverParameter()
s.train_net = "train.prototxt"
s.test_net.append("test.prototxt")
s.test_interval = 10000  # never: the loop below runs the tests
s.test_iter.append(1)
s.test_initialization = False
s.max_iter = 10000
s.type = "SGD"
s.base_lr = 0.02
s.momentum = 0.9
s.weight_decay = 5e-4
s.lr_policy = "inv"
s.gamma = 0.0001
s.power = 0.75
s.snapshot_prefix = "lenet"
s.random_seed = 1
with open("solver.prototxt", "w") as f:
    f.write(str(s))

solver = caffe.get_solver("solver.prototxt")
print("each output is (batch size, feature dim, spatial dim):")
for k, v in solver.net.blobs.items():
    print("  {} {}".format(k, v.data.shape))

test = digits.load("test")
solver.net.set_input_arrays(*digits.whole_batches(*digits.load("train"), size=BATCH))
solver.test_nets[0].set_input_arrays(*test)

train_loss = np.zeros(ITERATIONS)
accuracies = []
for it in range(ITERATIONS):
    solver.step(1)
    train_loss[it] = solver.net.blobs["loss"].data
    if (it + 1) % 50 == 0 or it + 1 == ITERATIONS:
        correct = 0
        for _ in range(len(test[0]) // TEST_BATCH):
            solver.test_nets[0].forward()
            predicted = solver.test_nets[0].blobs["score"].data.argmax(1)
            correct += (predicted == solver.test_nets[0].blobs["label"].data).sum()
        accuracies.append(correct / float(len(test[0])))
        print("iteration {}: loss {:.4f}, accuracy {:.3f}".format(it + 1, train_loss[it], accuracies[-1]))

solver.net.save("lenet.caffemodel")
filters = solver.net.params["conv1"][0].data
print(
    "shape of the first filters: {}, mean absolute diff {:.3g}".format(
        filters.shape, np.abs(solver.net.params["conv1"][0].diff).mean()
    )
)
print(
    "RESULT accuracy={:.3f} first_loss={:.3f} last_loss={:.3f}".format(
        accuracies[-1], train_loss[0], train_loss[-10:].mean()
    )
)
