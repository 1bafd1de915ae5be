"""Caffe's Python interface, implemented by Layerzoo.

``python -m layerzoo.pycaffe script.py args…`` runs scripts that ``import caffe`` unchanged; a single file can
use ``import layerzoo.pycaffe as caffe`` instead. No package named ``caffe`` is installed.
"""

from layerzoo.host import TorchLayer
from layerzoo.pycaffe import classifier, detector, io, net_spec, proto, pycaffe
from layerzoo.pycaffe._caffe import (
    NCCL,
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    Layer,
    NesterovSolver,
    Net,
    RMSPropSolver,
    SGDSolver,
    Timer,
    __version__,
    get_solver,
    has_nccl,
    init_log,
    layer_type_list,
    log,
    set_device,
    set_mode_cpu,
    set_mode_gpu,
    set_multiprocess,
    set_random_seed,
    set_solver_count,
    set_solver_rank,
    solver_count,
    solver_rank,
)
from layerzoo.pycaffe.classifier import Classifier
from layerzoo.pycaffe.detector import Detector
from layerzoo.pycaffe.net_spec import NetSpec, layers, params, to_proto
from layerzoo.pycaffe.proto.caffe_pb2 import TEST, TRAIN

__all__ = [
    "NCCL",
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Classifier",
    "Detector",
    "Layer",
    "NesterovSolver",
    "Net",
    "NetSpec",
    "RMSPropSolver",
    "SGDSolver",
    "Timer",
    "TorchLayer",
    "__version__",
    "classifier",
    "detector",
    "get_solver",
    "has_nccl",
    "init_log",
    "io",
    "layer_type_list",
    "layers",
    "log",
    "net_spec",
    "params",
    "proto",
    "pycaffe",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_multiprocess",
    "set_random_seed",
    "set_solver_count",
    "set_solver_rank",
    "solver_count",
    "solver_rank",
    "to_proto",
]
