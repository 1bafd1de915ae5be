"""What Caffe's module ``caffe.pycaffe`` holds."""

from layerzoo.pycaffe.net import Net
from layerzoo.pycaffe.parallel import NCCL, Timer
from layerzoo.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
)

__all__ = [
    "NCCL",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "NesterovSolver",
    "Net",
    "RMSPropSolver",
    "SGDSolver",
    "Timer",
]
