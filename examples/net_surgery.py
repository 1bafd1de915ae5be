"""Net surgery: convert a classifier into a fully convolutional net.

A small net is trained to classify digits of 8 x 8 pixels. Its fully-connected layers are then converted to
convolutions with the same weights in another shape. The convolutional net accepts images of any size and
computes scores for each position: it reads a strip of five digits in one pass.

    python -m layerzoo.pycaffe examples/net_surgery.py
"""

import os
import sys
import tempfile

import caffe
import digits
import numpy as np
from caffe import layers as L

ITERATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 400


def classifier(data):
    n = caffe.NetSpec()
    if data == "memory":
        n.data, n.label = L.MemoryData(batch_size=64, channels=1, height=8, width=8, ntop=2)
    else:
        n.data = L.Input(shape=dict(dim=[1, 1, 8, 8]))
    n.conv = L.Convolution(n.data, num_output=24, kernel_size=3, weight_filler=dict(type="xavier"))
    n.relu = L.ReLU(n.conv, in_place=True)
    n.fc1 = L.InnerProduct(n.relu, num_output=64, weight_filler=dict(type="xavier"))
    n.relu1 = L.ReLU(n.fc1, in_place=True)
    n.fc2 = L.InnerProduct(n.relu1, num_output=10, weight_filler=dict(type="xavier"))
    if data == "memory":
        n.loss = L.SoftmaxWithLoss(n.fc2, n.label)
    return n.to_proto()


def convolutional(height, width):
    n = caffe.NetSpec()
    n.data = L.Input(shape=dict(dim=[1, 1, height, width]))
    n.conv = L.Convolution(n.data, num_output=24, kernel_size=3)
    n.relu = L.ReLU(n.conv, in_place=True)
    n["fc1-conv"] = L.Convolution(n.relu, num_output=64, kernel_size=6)
    n.relu1 = L.ReLU(n["fc1-conv"], in_place=True)
    n["fc2-conv"] = L.Convolution(n.relu1, num_output=10, kernel_size=1)
    return n.to_proto()


def write(name, text):
    with open(name, "w") as f:
        f.write(str(text))
    return name


os.chdir(tempfile.mkdtemp())
caffe.set_mode_cpu()
caffe.set_random_seed(1)
write("train.prototxt", classifier("memory"))
write(
    "solver.prototxt",
    "net: 'train.prototxt' base_lr: 0.05 momentum: 0.9 lr_policy: 'fixed' max_iter: 10000 random_seed: 1",
)
solver = caffe.SGDSolver("solver.prototxt")
solver.net.set_input_arrays(*digits.whole_batches(*digits.load("train"), size=64))
solver.step(ITERATIONS)
solver.net.save("digits.caffemodel")

net = caffe.Net(write("deploy.prototxt", classifier("input")), "digits.caffemodel", caffe.TEST)
test_images, test_labels = digits.load("test")
scores = np.array([net.forward(data=image[None])["fc2"][0].copy() for image in test_images])
accuracy = (scores.argmax(1) == test_labels).mean()
print("accuracy of the classifier: {:.3f}".format(accuracy))

# The surgery: flattened, the weights of fully-connected layers and convolutions are the same.
full = caffe.Net(write("conv.prototxt", convolutional(8, 8)), "digits.caffemodel", caffe.TEST)
for name in ("fc1", "fc2"):
    weights, bias = net.params[name]
    conv_weights, conv_bias = full.params[name + "-conv"]
    print("{} weights: shape {} becomes {}".format(name, weights.data.shape, conv_weights.data.shape))
    conv_weights.data.flat = weights.data.flat
    conv_bias.data[...] = bias.data
full.save("digits_full_conv.caffemodel")

same = full.forward(data=test_images[:1])["fc2-conv"]
difference = np.abs(same[0, :, 0, 0] - scores[0]).max()
print("largest difference between both nets on one digit: {:.2g}".format(difference))
assert difference < 1e-3

strip = np.concatenate([test_images[i, 0] for i in range(5)], axis=1)[None, None]
full.blobs["data"].reshape(*strip.shape)
full.reshape()
strip_scores = full.forward(data=strip)["fc2-conv"]
read = strip_scores[0, :, 0, ::8].argmax(0)
print("a strip of {} pixels has scores of shape {}".format(strip.shape[2:], strip_scores.shape))
print("digits in the strip: {}; labels: {}".format(read.tolist(), test_labels[:5].astype(int).tolist()))
print("RESULT accuracy={:.3f} read={}".format(accuracy, int((read == test_labels[:5]).sum())))
