"""Caffe's messages; `caffe_pb2` has them all."""
