"""Fine-tuning: reuse weights trained on some digits for others.

A net is trained on all examples of the digits 0 to 4. Its weights, except for the last layer, initialise a
net for the digits 5 to 9 with only a few examples: once with frozen lower layers, once without, compared with
the same net trained from scratch.

    python -m layerzoo.pycaffe examples/finetuning.py
"""

import os
import sys
import tempfile

import caffe
import digits
import numpy as np
from caffe import layers as L

ITERATIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
FEW, DRAWS = 15, 5  # number of examples of the five new digits; number of random draws

learned = [dict(lr_mult=1, decay_mult=1), dict(lr_mult=2, decay_mult=0)]
frozen = [dict(lr_mult=0), dict(lr_mult=0)]


def net(batch_size, param=learned, last="score"):
    n = caffe.NetSpec()
    n.data, n.label = L.MemoryData(batch_size=batch_size, channels=1, height=8, width=8, ntop=2)
    n.conv1 = L.Convolution(
        n.data, num_output=32, kernel_size=3, pad=1, param=param, weight_filler=dict(type="xavier")
    )
    n.relu1 = L.ReLU(n.conv1, in_place=True)
    n.pool1 = L.Pooling(n.relu1, kernel_size=2, stride=2)
    n.conv2 = L.Convolution(
        n.pool1, num_output=32, kernel_size=3, param=param, weight_filler=dict(type="xavier")
    )
    n.relu2 = L.ReLU(n.conv2, in_place=True)
    # weights are copied by layer name: a new name makes this layer start from its fillers
    n[last] = L.InnerProduct(n.relu2, num_output=5, param=learned, weight_filler=dict(type="xavier"))
    n.loss = L.SoftmaxWithLoss(n[last], n.label)
    n.accuracy = L.Accuracy(n[last], n.label)
    return n.to_proto()


def solver_for(proto, images, labels, batch_size, rate):
    with open("train.prototxt", "w") as f:
        f.write(str(proto))
    with open("solver.prototxt", "w") as f:
        f.write(
            "net: 'train.prototxt' base_lr: {} momentum: 0.9 weight_decay: 0.0005 "
            "lr_policy: 'fixed' max_iter: 10000 random_seed: 2".format(rate)
        )
    solver = caffe.SGDSolver("solver.prototxt")
    solver.net.set_input_arrays(*digits.whole_batches(images, labels, batch_size))
    return solver


def accuracy(trained, last):
    images, labels = digits.load("test", range(5, 10))
    with open("test.prototxt", "w") as f:
        f.write(str(net(len(images), last=last)))
    test = caffe.Net("test.prototxt", caffe.TEST)
    test.share_with(trained)
    test.set_input_arrays(images, labels - 5)
    return float(test.forward()["accuracy"])


os.chdir(tempfile.mkdtemp())
caffe.set_mode_cpu()
images, labels = digits.load("train", range(5))
base = solver_for(net(64), images, labels, 64, 0.05)
base.step(ITERATIONS)
base.net.save("low_digits.caffemodel")
print(
    "trained on {} images of the digits 0 to 4: training accuracy {:.3f}".format(
        len(images), float(base.net.blobs["accuracy"].data)
    )
)

images, labels = digits.load("train", range(5, 10))
results = {}
for how, param, start in (
    ("from scratch", learned, None),
    ("fine-tuned", learned, "low_digits"),
    ("frozen below", frozen, "low_digits"),
):
    scores = []
    for draw in range(DRAWS):
        few = slice(draw * FEW, (draw + 1) * FEW)
        solver = solver_for(net(FEW, param, last="score_new"), images[few], labels[few] - 5, FEW, 0.01)
        if start:
            solver.net.copy_from(start + ".caffemodel")
        before = solver.net.params["conv1"][0].data.copy()
        solver.step(ITERATIONS // 10)
        moved = np.abs(solver.net.params["conv1"][0].data - before).max()
        assert (moved == 0) == (how == "frozen below")
        scores.append(accuracy(solver.net, "score_new"))
    results[how] = np.mean(scores)
    print(
        "{:13s} {} images of the digits 5 to 9: test accuracy {:.3f}, mean of {} draws".format(
            how, FEW, results[how], DRAWS
        )
    )
print(
    "RESULT scratch={from scratch:.3f} finetuned={fine-tuned:.3f} frozen={frozen below:.3f}".format(**results)
)
