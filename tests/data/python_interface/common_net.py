"""Shared by the cases: a solver over 10 batches of 2 rows; row i holds i, so batch k starts with 2 k."""

import os
import tempfile

import h5py
import numpy as np

import layerzoo.pycaffe as caffe

os.chdir(tempfile.mkdtemp())
with h5py.File("rows.h5", "w") as file:
    file["data"] = np.arange(20, dtype=np.float32).reshape(20, 1)
    file["targets"] = np.zeros((20, 1), np.float32)
with open("rows.txt", "w") as file:
    file.write(os.path.abspath("rows.h5") + "\n")

NET = """
net_param {
  layer { name: "rows" type: "HDF5Data" top: "data" top: "targets"
          hdf5_data_param { source: "rows.txt" batch_size: 2 } }
  layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 1 } }
  layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "targets" top: "loss" }
}
"""


def solver(fields='base_lr: 0.0001 lr_policy: "fixed" max_iter: 8'):
    with open("solver.prototxt", "w") as file:
        file.write(fields + ' snapshot_prefix: "s" ' + NET)
    return caffe.SGDSolver("solver.prototxt")


def batch(net):
    """The number of the batch that lies in the net."""
    return int(net.blobs["data"].data[0, 0]) // 2


def expect(what, got, want):
    print("ok  " if got == want else "FAIL", what, "got", got, "want", want)
    return got == want
