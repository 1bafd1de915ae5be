"""Blobs in files: on protobuf's wire and in HDF5, read with bounds and without copying what is large."""
