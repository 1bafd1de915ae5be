"""The engine that a solver's config asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerzoo.engine.debug_info import DebugInfo
from layerzoo.engine.eager import Eager
from layerzoo.engine.loss_scale import LossScale
from layerzoo.engine.precision import apply_precision, has_fp16, switch_tf32
from layerzoo.solver.nonfinite import make_guard

if TYPE_CHECKING:
    from layerzoo.solver.solver import Solver


def make_engine(solver: Solver) -> Eager:
    """The engine of a solver whose nets and rule are there, its nets in their precision, under guard."""
    param = solver.param
    for net in (solver.net, *solver.test_nets):
        apply_precision(net, param)
    switch_tf32(param, solver.device)
    scale = LossScale(param.loss_scale_param) if has_fp16(solver.net.graph, param) else None
    how = (solver.net, solver.rule, param.iter_size, scale)
    engine = DebugInfo(*how, every=param.display) if param.debug_info and param.display else Eager(*how)
    engine.guard = make_guard(solver, engine)
    return engine
