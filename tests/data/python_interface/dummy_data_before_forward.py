"""Before the first pass a DummyData top with a random filler is 0; one with a constant has its value.

In Caffe's tests: DummyDataLayerTest.TestThreeTopConstantGaussianConstant.
"""

import os
import sys
import tempfile

from numpy import all as every

import layerzoo.pycaffe as caffe

path = os.path.join(tempfile.mkdtemp(), "net.prototxt")
with open(path, "w") as file:
    file.write("""layer { name: "d" type: "DummyData" top: "sevens" top: "drawn" dummy_data_param {
      shape { dim: 3 } data_filler { type: "constant" value: 7 }
      shape { dim: 3 } data_filler { type: "gaussian" mean: 3 std: 0.01 } } }""")
net = caffe.Net(path, caffe.TRAIN)
ok = every(net.blobs["sevens"].data == 7) and every(net.blobs["drawn"].data == 0)
print("ok" if ok else "FAIL", net.blobs["sevens"].data, net.blobs["drawn"].data, "want 7s and 0s")
net.forward()
ok &= bool(abs(net.blobs["drawn"].data - 3).max() < 0.1)
sys.exit(not ok)
