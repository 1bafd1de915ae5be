"""Estimate device memory before a run; explain out-of-memory errors."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from layerzoo.disk import readable
from layerzoo.engine import Engine
from layerzoo.engine.memory.estimate import MemoryEstimate, estimate_memory
from layerzoo.engine.sharded_gradients import ShardedGradients
from layerzoo.errors import OutOfMemoryError, UsageError
from layerzoo.memory.device import available_memory, is_out_of_memory
from layerzoo.memory.needs import check_memory, training_needs
from layerzoo.net import Net

log = logging.getLogger("layerzoo")


class MemoryReport:
    """Estimates the memory of a run, and explains out-of-memory errors.

    Args:
        engine: the engine of the run; its net is on the device.
        test_nets: the test nets.
        iter_size: passes whose gradients add up to one update.
    """

    def __init__(self, engine: Engine, test_nets: Sequence[Net], iter_size: int) -> None:
        self.engine = engine
        self.test_nets = test_nets
        self.iter_size = iter_size

    @property
    def device(self) -> torch.device:
        """The device of the run."""
        return self.engine.net.device

    def estimate(self) -> MemoryEstimate:
        """The memory that the run needs, history and averaged params included."""
        return estimate_memory(self.engine, self.test_nets)

    def check(self) -> None:
        """Check that the blobs of a pass fit beside params, gradients and history, which are allocated.

        Raises:
            OutOfMemoryError: names the layer that takes most, and a batch size that would fit.
        """
        history = sum(tensor.nbytes for tensor in self.engine.rule.history)
        needs = training_needs(self.engine.net.graph, [net.graph for net in self.test_nets], history)
        if isinstance(self.engine.sync, ShardedGradients):
            allocated = self.estimate()
            needs = replace(needs, params=allocated.params, gradients=allocated.gradients)
        check_memory(needs, self.device, self.iter_size, allocated=needs.fixed)

    def log(self) -> None:
        """Log the needed and the available memory, before the first iteration."""
        estimate, available = self.estimate(), available_memory(self.device)
        needed = f"about {readable(estimate.total)} ({estimate})"
        if available is None:
            log.info("Memory needed: %s", needed)
            return
        # params, gradients and history are allocated already
        short = estimate.activations > available
        log.log(
            logging.WARNING if short else logging.INFO,
            "Memory needed: %s; available beside params, gradients and history: %s%s",
            needed,
            readable(available),
            f". {self._smaller(estimate, available)}" if short else "",
        )

    @contextmanager
    def explained(self, iteration: Callable[[], int]) -> Iterator[None]:
        """Turn torch's errors about memory or missing algorithms into errors for the user.

        Args:
            iteration: returns the number of the iteration that failed.

        Raises:
            OutOfMemoryError: names the layer, and a batch size that would fit.
            UsageError: torch has no algorithm for ``-deterministic`` or ``precision`` in a layer.
        """
        try:
            yield
        except Exception as error:
            if is_out_of_memory(error):
                message = self._out_of_memory(error, iteration())
            elif "deterministic" in str(error) and torch.are_deterministic_algorithms_enabled():
                raise UsageError(
                    f"{_where(error)}: {str(error).partition('.')[0]}; remove -deterministic"
                ) from None
            elif re.search("not implemented for '(Half|BFloat16)'", str(error)):
                raise UsageError(
                    f"{_where(error)}: torch can't compute it in this precision on {self.device.type}; "
                    "set precision: FP32 for it in layer_precision"
                ) from None
            else:
                raise
        else:
            return
        raise OutOfMemoryError(message)

    def _out_of_memory(self, error: Exception, iteration: int) -> str:
        """The message of the error. Frees the tensors of the failed pass first."""
        where = _where(error)
        traceback.clear_frames(error.__traceback__)
        if where == _NOWHERE:
            where = self._where_backward(iteration)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        lines = [f"out of memory in {where}, iteration {iteration}"]
        with suppress(Exception):  # a failing estimate must not hide the error
            estimate, available = self.estimate(), available_memory(self.device)
            lines.append(f"needed: about {readable(estimate.total)} ({estimate})")
            if available is not None:
                lines.append(f"available: {readable(available + estimate.fixed - estimate.constant)} in all")
                lines.append(self._smaller(estimate, available))
        return "\n".join(lines)

    def _where_backward(self, iteration: int) -> str:
        """Run the iteration again to find the layer whose backward pass fails."""
        reached: list[str] = []

        def watch(layer: nn.Module, _: Any, made: Any) -> None:
            for top in made if isinstance(made, tuple) else (made,):
                if isinstance(top, Tensor) and top.requires_grad:
                    top.register_hook(lambda _: reached.append(layer.name))  # type: ignore[no-untyped-call,arg-type]

        hooks = [layer.register_forward_hook(watch) for layer in self.engine.net.ordered_layers()]
        try:
            self.engine.gradients(iteration)
        except Exception as error:
            traceback.clear_frames(error.__traceback__)
        finally:
            for hook in hooks:
                hook.remove()
        return f"{_NOWHERE} of layer '{reached[-1]}'" if reached else _NOWHERE

    def _smaller(self, estimate: MemoryEstimate, available: int) -> str:
        """Advice: the ``batch_size`` and ``iter_size`` that would fit."""
        pair = estimate.smaller_batch(available + estimate.fixed - estimate.constant, self.iter_size)
        if pair is None:
            return "by estimate no batch fits; use a smaller net, or a device with more memory"
        return (
            f"batch_size: {pair[0]} with iter_size: {pair[1]} would fit, by estimate, "
            f"in place of {estimate.batch_size} with {self.iter_size}"
        )


_NOWHERE = "the backward pass"


def _where(error: Exception) -> str:
    """The layer that the notes of an exception name."""
    found = re.search(r"in (layer '.*?' \(\w+)", "\n".join(getattr(error, "__notes__", ())), re.DOTALL)
    return f"{found[1]})" if found else _NOWHERE
