"""``import caffe`` in a process that a script has started: from here on the name means Layerzoo's."""

from layerzoo.pycaffe.running import prepare

prepare()  # which puts the interface itself in this module's place
