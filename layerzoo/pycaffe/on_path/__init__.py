"""A folder for ``sys.path`` that contains ``caffe``, for child processes of scripts; not for ``import``."""
