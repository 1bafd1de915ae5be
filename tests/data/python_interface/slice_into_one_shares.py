"""A Slice with one top is no copy: the top shows what is written to the bottom, before any pass.

In Caffe's tests: SliceLayerTest.TestTrivialSlice.
"""

import os
import sys
import tempfile

import layerzoo.pycaffe as caffe

path = os.path.join(tempfile.mkdtemp(), "net.prototxt")
with open(path, "w") as file:
    file.write("""
    layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "s" type: "Slice" bottom: "x" top: "y" }""")
net = caffe.Net(path, caffe.TEST)
net.blobs["x"].data[...] = 5
ok = bool((net.blobs["y"].data == 5).all())
print("ok" if ok else "FAIL", net.blobs["y"].data.tolist())
sys.exit(not ok)
