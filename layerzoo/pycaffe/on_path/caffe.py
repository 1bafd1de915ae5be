"""``caffe`` in a child process of a script: importing it installs Layerzoo's interface under that name."""

from layerzoo.pycaffe.running import prepare

prepare()  # replaces this module in sys.modules
