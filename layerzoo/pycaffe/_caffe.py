"""``caffe._caffe``: the names that Caffe's compiled module exports."""

from layerzoo.host import Blob, BlobVec, BoolVec, DtypeVec, IntVec, RawBlobVec, StringVec
from layerzoo.host import PythonLayer as Layer
from layerzoo.pycaffe.layout import LayerVec
from layerzoo.pycaffe.net import Net
from layerzoo.pycaffe.parallel import NCCL, Timer, has_nccl
from layerzoo.pycaffe.proto.caffe_pb2 import SolverParameter
from layerzoo.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    NetVec,
    RMSPropSolver,
    SGDSolver,
    Solver,
    get_solver,
)
from layerzoo.pycaffe.state import (
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
from layerzoo.schema import LayerParameter  # the constructor argument of a Python layer

__version__ = "1.0.0"

__all__ = [
    "NCCL",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Blob",
    "BlobVec",
    "BoolVec",
    "DtypeVec",
    "IntVec",
    "Layer",
    "LayerParameter",
    "LayerVec",
    "NesterovSolver",
    "Net",
    "NetVec",
    "RMSPropSolver",
    "RawBlobVec",
    "SGDSolver",
    "Solver",
    "SolverParameter",
    "StringVec",
    "Timer",
    "__version__",
    "get_solver",
    "has_nccl",
    "init_log",
    "layer_type_list",
    "log",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_multiprocess",
    "set_random_seed",
    "set_solver_count",
    "set_solver_rank",
    "solver_count",
    "solver_rank",
]
