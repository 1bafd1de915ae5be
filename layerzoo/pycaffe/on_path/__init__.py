"""The folder that processes started by a script find ``caffe`` in; for ``sys.path``, not for ``import``."""
