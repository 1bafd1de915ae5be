"""Read and write blobs in protobuf and HDF5 files, with size limits and without copying large values."""
