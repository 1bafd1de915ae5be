"""How a step runs: a net and an update rule in, ``train_step`` and ``test_step`` out.

Here and nowhere else. `Eager` runs the whole net under autograd, as torch comes; `Layerwise` runs one layer
at a time and keeps what each saw, for partial passes, timing and ``debug_info``; `Observed` is `Eager` for
programs that look at blobs between steps.
"""

from layerzoo.engine.debug_info import DebugInfo
from layerzoo.engine.eager import Eager, test_step
from layerzoo.engine.layerwise import Layerwise
from layerzoo.engine.observed import Observed

__all__ = ["DebugInfo", "Eager", "Layerwise", "Observed", "test_step"]
