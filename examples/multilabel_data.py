"""A data layer in Python: images with several labels.

Each image shows two digits side by side; its label is a vector with a 1 for both digits. The layer draws
random pairs and reads its settings from param_str; the net is trained with SigmoidCrossEntropyLoss.

    python -m layerzoo.pycaffe examples/multilabel_data.py
"""

import json
import os
import sys
import tempfile

import caffe
import digits
import numpy as np
from caffe import layers as L


class PairsOfDigits(caffe.Layer):
    """Tops: images (batch x 1 x 8 x 16) and labels (batch x 10), 1 for each digit in the image.

    param_str is JSON: split, batch_size, seed.
    """

    def setup(self, bottom, top):
        if len(bottom) != 0 or len(top) != 2:
            raise Exception("expected no bottoms and two tops: data and label")
        params = json.loads(self.param_str)
        self.batch_size = params["batch_size"]
        self.images, self.labels = digits.load(params["split"])
        self.random = np.random.RandomState(params.get("seed", 0))

    def reshape(self, bottom, top):
        top[0].reshape(self.batch_size, 1, 8, 16)
        top[1].reshape(self.batch_size, 10)

    def forward(self, bottom, top):
        left, right = self.random.randint(len(self.images), size=(2, self.batch_size))
        top[0].data[...] = np.concatenate([self.images[left], self.images[right]], axis=3)
        top[1].data[...] = 0
        for side in (left, right):
            top[1].data[np.arange(self.batch_size), self.labels[side].astype(int)] = 1

    def backward(self, top, propagate_down, bottom):
        pass


def net(split, batch_size):
    n = caffe.NetSpec()
    n.data, n.label = L.Python(
        module="multilabel_data",
        layer="PairsOfDigits",
        ntop=2,
        param_str=json.dumps(dict(split=split, batch_size=batch_size, seed=4)),
    )
    n.conv1 = L.Convolution(n.data, num_output=32, kernel_size=3, pad=1, weight_filler=dict(type="msra"))
    n.relu1 = L.ReLU(n.conv1, in_place=True)
    n.pool1 = L.Pooling(n.relu1, kernel_size=2, stride=2)
    n.conv2 = L.Convolution(n.pool1, num_output=64, kernel_size=3, weight_filler=dict(type="msra"))
    n.relu2 = L.ReLU(n.conv2, in_place=True)
    n.fc = L.InnerProduct(n.relu2, num_output=128, weight_filler=dict(type="msra"))
    n.relu3 = L.ReLU(n.fc, in_place=True)
    n.score = L.InnerProduct(n.relu3, num_output=10, weight_filler=dict(type="xavier"))
    n.loss = L.SigmoidCrossEntropyLoss(n.score, n.label)
    return str(n.to_proto())


def hamming_accuracy(test, batches):
    """Return the fraction of correct labels over a number of batches."""
    correct = []
    for _ in range(batches):
        test.forward()
        correct.append(((test.blobs["score"].data > 0) == (test.blobs["label"].data > 0)).mean())
    return np.mean(correct)


if __name__ == "__main__":
    iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    os.chdir(tempfile.mkdtemp())
    caffe.set_mode_cpu()
    with open("train.prototxt", "w") as f:
        f.write(net("train", 64))
    with open("test.prototxt", "w") as f:
        f.write(net("test", 100))
    with open("solver.prototxt", "w") as f:
        f.write(
            "train_net: 'train.prototxt' test_net: 'test.prototxt' test_iter: 1 test_interval: 100000 "
            "test_initialization: false base_lr: 0.002 type: 'Adam' momentum: 0.9 momentum2: 0.999 "
            "lr_policy: 'fixed' max_iter: 100000 random_seed: 5"
        )
    solver = caffe.get_solver("solver.prototxt")
    test = solver.test_nets[0]
    print("accuracy before training: {:.3f}".format(hamming_accuracy(test, 3)))
    print("(predicting no digit at all has 0.81)")
    solver.step(iterations)
    accuracy = hamming_accuracy(test, 10)
    example = test.blobs["score"].data[0]
    predicted, shown = (np.flatnonzero(v > 0).tolist() for v in (example, test.blobs["label"].data[0]))
    print("digits in the first image: {}; predicted: {}".format(shown, predicted))
    print("RESULT accuracy={:.3f}".format(accuracy))
