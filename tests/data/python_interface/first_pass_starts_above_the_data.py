"""A pass that starts above the data layer reads no batch, the very first pass too."""

import sys

from common_net import batch, expect, solver

s = solver()
s.net.blobs["data"].data[...] = 1
s.net.forward(start="ip")
s.net.forward()
sys.exit(not expect("forward(start='ip'), forward()", batch(s.net), 0))
