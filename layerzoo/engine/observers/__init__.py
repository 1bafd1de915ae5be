"""Observers of training: Caffe's ``debug_info``, and the guard against NaN and infinities."""
