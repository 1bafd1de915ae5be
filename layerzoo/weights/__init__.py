"""Read and write weights files: Caffe's binary and HDF5 formats of all versions, and safetensors.

The functions take a mapping from layer names to param blobs in Caffe's order; no net is needed::

    report = load(net.params, "lenet_iter_10000.caffemodel")
    print(report)
    save(net.params, "lenet.safetensors")
"""

from layerzoo.blobs.stored import StoredBlob
from layerzoo.weights.files import open_weights, read, save
from layerzoo.weights.load import LoadReport, load
from layerzoo.weights.params import Params, StoredWeights

__all__ = ["LoadReport", "Params", "StoredBlob", "StoredWeights", "load", "open_weights", "read", "save"]
