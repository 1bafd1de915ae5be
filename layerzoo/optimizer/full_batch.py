"""Full-batch rules, for small problems: evaluate the loss of all data several times per update."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.errors import Fault
from layerzoo.optimizer.line_search import Evaluate, Point, backtracking, strong_wolfe
from layerzoo.optimizer.rule import Rule, UpdateParam
from layerzoo.schema import LineSearchParameter, SolverParameter

Closure = Callable[[], Tensor | float]
"""Sets ``param.grad`` to the sums over ``iter_size`` passes and returns the mean loss, always of all data."""


class FullBatchRule(Rule):
    """Base of rules that choose a direction and do a line search along it.

    They minimise the loss plus the weight decay's ``decay / 2 * |w|^2``. ``lr_mult`` scales a param's part of
    the steepest descent direction. All params with ``lr_mult`` > 0 are treated as one vector.

    Attributes:
        curvature: default of ``line_search_param.curvature``.
        stuck: the last line search found no lower value, even along the gradient: the params are at a
            minimum within single precision.
    """

    full_batch = True
    has_momentum = False
    curvature: ClassVar[float]

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        moving = [p for p in self.params if p.lr_mult]
        self._tensors = [p.param for p in moving]
        self._sizes = [p.param.numel() for p in moving]
        self._metric = self._spread([p.lr_mult for p in moving])
        self._decay = self._spread([solver.weight_decay * p.decay_mult for p in moving])
        self.stuck = False

    @classmethod
    def faults(cls, solver: SolverParameter) -> list[Fault]:
        """List the faults in the fields that the rule reads; each fault names its field."""
        faults = super().faults(solver)
        refused = {
            "clip_gradients": solver.clip_gradients >= 0,
            "gradient_noise_param": solver.HasField("gradient_noise_param"),
            "decoupled_weight_decay": solver.decoupled_weight_decay,
            "plateau_winsize": bool(solver.plateau_winsize),
            "larc": solver.larc,
            "local_lr_auto": solver.local_lr_auto,
            "clip_weights": solver.clip_weights >= 0,
            "regularization_type": solver.regularization_type == "L1",
        }
        for field, given in refused.items():
            if given:
                message = f"{field} doesn't work with {cls.type_name}, which needs a smooth, exact loss"
                faults.append(Fault(message, field=field, hint="leave it out"))
        search = solver.line_search_param
        for field in ("sufficient_decrease", "shrink"):
            value = getattr(search, field)
            if not 0 < value < 1:
                message = f"line_search_param.{field} is {value:g}; it has to be between 0 and 1"
                faults.append(Fault(message, field=f"line_search_param.{field}"))
        if search.HasField("curvature") and not search.sufficient_decrease < search.curvature < 1:
            message = (
                f"line_search_param.curvature is {search.curvature:g}; it has to be between "
                f"sufficient_decrease, {search.sufficient_decrease:g}, and 1"
            )
            faults.append(Fault(message, field="line_search_param.curvature"))
        if search.max_evaluations < 1:
            message = "line_search_param.max_evaluations is 0; it has to be 1 or more"
            faults.append(Fault(message, field="line_search_param.max_evaluations"))
        return faults

    @abstractmethod
    def step(self, lr: float, iteration: int, closure: Closure) -> float:
        """Make one update.

        Args:
            lr: factor on the first guess of the step length.
            iteration: from 0.
            closure: evaluates loss and gradients at the current params.

        Returns:
            the loss before the update.
        """

    def parameters(self) -> Tensor:
        """A copy of the trained params, as one vector."""
        return _vector([tensor.detach().flatten() for tensor in self._tensors])

    def precondition(self, gradient: Tensor) -> Tensor:
        """The gradient with each param's part multiplied by its ``lr_mult``."""
        return gradient * self._metric

    def measure(self, closure: Closure, at: Tensor | None = None) -> tuple[float, float, Tensor]:
        """Value, loss and gradient at the current params, or at ``at``, to which the params are then set."""
        if at is not None:
            self.move_to(at)
        loss = float(closure())
        with torch.no_grad():
            zero = torch.zeros_like
            parts = [t.grad.flatten() if t.grad is not None else zero(t).flatten() for t in self._tensors]
            gradient = _vector(parts) / self.solver.iter_size
            params = self.parameters() if at is None else at
            decayed = params * self._decay
            return loss + float(params.dot(decayed)) / 2, loss, gradient + decayed

    @torch.no_grad()
    def move_to(self, at: Tensor) -> None:
        """Set the trained params from a vector, in place."""
        for tensor, part in zip(self._tensors, torch.split(at, self._sizes), strict=True):
            tensor.copy_(part.view(tensor.shape))

    def search(
        self, closure: Closure, origin: Tensor, direction: Tensor, start: Point, first: float
    ) -> Point | None:
        """Search along a direction and move the params to the point found; without one, restore them."""
        param = self.solver.line_search_param
        evaluate = self._along(closure, origin, direction)
        decrease, evaluations = param.sufficient_decrease, param.max_evaluations
        if param.method == LineSearchParameter.BACKTRACKING:
            point = backtracking(evaluate, start, first, decrease, param.shrink, evaluations)
        else:
            curvature = param.curvature if param.HasField("curvature") else self.curvature
            point = strong_wolfe(evaluate, start, first, decrease, curvature, evaluations)
        self.move_to(origin if point is None else origin + point.step * direction)
        return point

    def _along(self, closure: Closure, origin: Tensor, direction: Tensor) -> Evaluate:
        def evaluate(step: float) -> Point:
            value, loss, gradient = self.measure(closure, origin + step * direction)
            return Point(step, value, float(gradient.dot(direction)), gradient, loss)

        return evaluate

    def _spread(self, numbers: list[float]) -> Tensor:
        """Expand one number per param to one number per element."""
        parts = [
            torch.full_like(t, n).detach().flatten() for t, n in zip(self._tensors, numbers, strict=True)
        ]
        return _vector(parts)


def _vector(parts: list[Tensor]) -> Tensor:
    """The parts one after another; empty if no param is trained."""
    return torch.cat(parts) if parts else torch.zeros(0)
