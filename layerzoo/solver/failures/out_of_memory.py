"""What a run needs of its device's memory: said before it begins, and explained where it isn't there."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from layerzoo.engine.device_memory import available_memory, is_out_of_memory
from layerzoo.engine.memory import MemoryEstimate, estimate_memory, readable
from layerzoo.errors import OutOfMemoryError, UsageError

if TYPE_CHECKING:
    from layerzoo.solver.solver import Solver

log = logging.getLogger("layerzoo")


def memory_of(solver: Solver) -> MemoryEstimate:
    """What a solver needs, its averaged params among the history."""
    return estimate_memory(solver.engine, solver.test_nets)


def log_memory(solver: Solver) -> None:
    """Log what the run will need beside what there is, once, before the first iteration."""
    estimate, available = memory_of(solver), available_memory(solver.device)
    needed = f"about {readable(estimate.total)} ({estimate})"
    if available is None:
        log.info("Memory needed: %s", needed)
        return
    # params, gradients and history are taken already
    short = estimate.activations > available
    log.log(
        logging.WARNING if short else logging.INFO,
        "Memory needed: %s; available beside params, gradients and history: %s%s",
        needed,
        readable(available),
        f". {_smaller(solver, estimate, available)}" if short else "",
    )


@contextmanager
def explained(solver: Solver) -> Iterator[None]:
    """Turn what torch raises for want of memory or of an algorithm into errors for the user.

    Raises:
        OutOfMemoryError: says in which layer, and which batch would fit.
        UsageError: ``-deterministic`` or ``precision`` asks for what torch doesn't have.
    """
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            message = _out_of_memory(solver, error)
        elif "deterministic" in str(error) and torch.are_deterministic_algorithms_enabled():
            raise UsageError(
                f"{_where(error)}: {str(error).partition('.')[0]}; leave -deterministic out"
            ) from None
        elif re.search("not implemented for '(Half|BFloat16)'", str(error)):
            raise UsageError(
                f"{_where(error)}: torch can't compute it in this precision on {solver.device.type}; "
                "give it precision: FP32 by layer_precision"
            ) from None
        else:
            raise
    else:
        return
    raise OutOfMemoryError(message)


def _out_of_memory(solver: Solver, error: Exception) -> str:
    """What to say. Lets go of what the failed pass held first."""
    where = _where(error)
    traceback.clear_frames(error.__traceback__)
    if where == _NOWHERE:
        where = _where_backward(solver)
    if solver.device.type == "cuda":
        torch.cuda.empty_cache()
    lines = [f"out of memory in {where}, iteration {solver.iteration}"]
    with suppress(Exception):  # what can be said of it must not hide it
        estimate, available = memory_of(solver), available_memory(solver.device)
        lines.append(f"needed: about {readable(estimate.total)} ({estimate})")
        if available is not None:
            lines.append(f"available: {readable(available + estimate.fixed - estimate.constant)} in all")
            lines.append(_smaller(solver, estimate, available))
    return "\n".join(lines)


_NOWHERE = "the backward pass"


def _where(error: Exception) -> str:
    """The layer that a net named as the exception passed through it."""
    found = re.search(r"in (layer '.*?' \(\w+)", "\n".join(getattr(error, "__notes__", ())), re.DOTALL)
    return f"{found[1]})" if found else _NOWHERE


def _where_backward(solver: Solver) -> str:
    """Run the iteration again, noting which layer's backward pass is under way."""
    reached: list[str] = []

    def watch(layer: nn.Module, _: Any, made: Any) -> None:
        for top in made if isinstance(made, tuple) else (made,):
            if isinstance(top, Tensor) and top.requires_grad:
                top.register_hook(lambda _: reached.append(layer.name))  # type: ignore[no-untyped-call,arg-type]

    hooks = [layer.register_forward_hook(watch) for layer in solver.net.ordered_layers()]
    try:
        solver.engine.gradients(solver.iteration)
    except Exception as error:
        traceback.clear_frames(error.__traceback__)
    finally:
        for hook in hooks:
            hook.remove()
    return f"{_NOWHERE} of layer '{reached[-1]}'" if reached else _NOWHERE


def _smaller(solver: Solver, estimate: MemoryEstimate, available: int) -> str:
    """The pair of ``batch_size`` and ``iter_size`` that would fit."""
    pair = estimate.smaller_batch(available + estimate.fixed - estimate.constant, solver.param.iter_size)
    if pair is None:
        return "no batch would fit, by estimate; a smaller net, or a device with more memory, is needed"
    return (
        f"batch_size: {pair[0]} with iter_size: {pair[1]} would fit, by estimate, "
        f"in place of {estimate.batch_size} with {solver.param.iter_size}"
    )
