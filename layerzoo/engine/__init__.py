"""Train and test steps of a net under an update rule.

This package alone defines what an iteration does. An `Engine` combines a strategy (`strategies`: how a pass
runs) and observers (`observers`: ``debug_info``, the guard); `runner` runs one layer at a time, for partial
passes, timing and ``debug_info``.
"""

from layerzoo.engine.engine import Engine, Rate
from layerzoo.engine.observers.debug_info import DebugInfo
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.precision.layer_precision import params_type
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.engine.strategies.shared_blobs import SharedBlobs
from layerzoo.engine.strategies.whole_net import test_step

__all__ = ["DebugInfo", "Engine", "Layerwise", "Observer", "Rate", "SharedBlobs", "params_type", "test_step"]
