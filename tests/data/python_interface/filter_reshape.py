"""reshape() of a net gives a Filter's tops the rows that its selector, the last bottom, lets through.

In Caffe's tests: FilterLayerTest.TestReshape.
"""

import os
import sys
import tempfile

import layerzoo.pycaffe as caffe

path = os.path.join(tempfile.mkdtemp(), "net.prototxt")
with open(path, "w") as file:
    file.write("""
    layer { name: "in" type: "Input" top: "rows" top: "keep"
            input_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 1 } } }
    layer { name: "f" type: "Filter" bottom: "rows" bottom: "keep" top: "kept" }""")
net = caffe.Net(path, caffe.TEST)
net.blobs["keep"].data[...] = [[0], [1], [1], [0]]
net.reshape()
got = tuple(net.blobs["kept"].shape)
print("ok" if got == (2, 3) else "FAIL", "after reshape()", got, "want (2, 3)")
net.forward()
print("after forward()", tuple(net.blobs["kept"].shape))
sys.exit(got != (2, 3))
