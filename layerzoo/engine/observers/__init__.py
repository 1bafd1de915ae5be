"""What looks on while an engine trains: Caffe's ``debug_info``, and the guard against NaN."""
