"""Read HDF5 files with limits: the reader of weights, solver states and data. Needs no torch.

HDF5 files come from strangers, and HDF5 can keep a part of a file elsewhere: behind an external link, in raw
files, in another file's dataset. Only hard links are followed, which can't leave the file. What a dataset
declares is checked against the bytes of the file before memory is allocated, and whatever h5py raises becomes
the error of the caller.

HDF5 runs filters without a check of how many bytes they give, and some of them read past their input. So
chunks are read as they are stored, and decoded by `layerzoo.hdf5_file.chunks`; other filters are refused.
"""

from layerzoo.hdf5_file.arrays import HDF5Array, HDF5Numbers
from layerzoo.hdf5_file.groups import HDF5Group, open_hdf5

__all__ = ["HDF5Array", "HDF5Group", "HDF5Numbers", "open_hdf5"]
