"""Full-batch rules, for small problems: evaluate the loss of all data several times per update."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from layerzoo.disk import readable
from layerzoo.errors import Fault
from layerzoo.optimizer.conjugate_gradients import Product
from layerzoo.optimizer.line_search import Evaluate, Point, backtracking, exact, strong_wolfe
from layerzoo.optimizer.objective import Matrix, Objective
from layerzoo.optimizer.rule import Moving, Rule, UpdateParam, l1_share
from layerzoo.schema import LineSearchParameter, SolverParameter


class FullBatchRule(Rule):
    """Base of rules that minimise the loss of all data plus the weight decay.

    The weight decay is ``decay / 2 * w^2``, its part of L1 ``decay * |w|``. Where that bends, at 0, the least
    subgradient is the gradient, and no step changes the sign of a param: it ends at 0 (OWL-QN; Andrew and Gao
    2007, "Scalable training of L1-regularized log-linear models"). ``lr_mult`` scales a param's part of the
    steepest descent direction. All params with ``lr_mult`` > 0 are treated as one vector.

    Attributes:
        curvature: default of ``line_search_param.curvature``.
        second_order: the second derivatives that it asks an objective for.
        stuck: the last update found no lower value, even along the gradient: the params are at a minimum
            within their precision.
    """

    full_batch = True
    has_momentum = False
    curvature: ClassVar[float] = 0.9
    second_order: ClassVar[Matrix | None] = None

    def __init__(self, solver: SolverParameter, params: Sequence[UpdateParam], seed: int = 0) -> None:
        super().__init__(solver, params, seed)
        moving = [p for p in self.params if p.lr_mult]
        self._tensors = [p.param for p in moving]
        self._sizes = [p.param.numel() for p in moving]
        self._metric = self._spread([p.lr_mult for p in moving])
        decay, share = [solver.weight_decay * p.decay_mult for p in moving], l1_share(solver)
        self._decay = self._spread([(1 - share) * each for each in decay])
        self._l1 = self._spread([share * each for each in decay]) if share and any(decay) else None
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
            "clamp_weights_lower": solver.HasField("clamp_weights_lower"),
            "clamp_weights_upper": solver.HasField("clamp_weights_upper"),
        }
        for field, given in refused.items():
            if given:
                message = f"{field} doesn't work with {cls.type_name}, which needs a smooth, exact loss"
                faults.append(Fault(message, field=field, hint="leave it out"))
        if solver.base_lr < 0:
            message = f"base_lr is {solver.base_lr:g}; {cls.type_name} takes it as a factor on its first step"
            faults.append(Fault(message, field="base_lr", hint="1 suits most losses"))
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
        if not 0 <= search.tolerance < 1:
            message = (
                f"line_search_param.tolerance is {search.tolerance:g}; it has to be at least 0 and below 1"
            )
            faults.append(Fault(message, field="line_search_param.tolerance"))
        if search.max_evaluations < 1:
            message = "line_search_param.max_evaluations is 0; it has to be 1 or more"
            faults.append(Fault(message, field="line_search_param.max_evaluations"))
        return faults

    @classmethod
    def searches(cls, solver: SolverParameter) -> bool:
        """Whether it reads ``line_search_param``."""
        return True

    @abstractmethod
    def step(self, lr: float, iteration: int, closure: Objective) -> float:
        """Make one update.

        Args:
            lr: factor on the first guess of the step length.
            iteration: from 0.
            closure: the loss at the current params.

        Returns:
            the loss before the update.
        """

    def parameters(self) -> Tensor:
        """A copy of the trained params, as one vector."""
        return _vector([tensor.detach().flatten() for tensor in self._tensors])

    def precondition(self, gradient: Tensor) -> Tensor:
        """The gradient with each param's part multiplied by its ``lr_mult``."""
        return gradient * self._metric

    def penalty(self, params: Tensor) -> float:
        """What the weight decay adds to the loss."""
        value = float(params.dot(params * self._decay)) / 2
        return value if self._l1 is None else value + float(self._l1.dot(params.abs()))

    def measure(self, closure: Objective, at: Tensor | None = None) -> tuple[float, float, Tensor]:
        """Value, loss and gradient at the current params, or at ``at``, to which the params are then set."""
        if at is not None:
            self.move_to(at)
        loss = float(closure())
        with torch.no_grad():
            zero = torch.zeros_like
            parts = [t.grad.flatten() if t.grad is not None else zero(t).flatten() for t in self._tensors]
            gradient = _vector(parts) / self.solver.iter_size
            params = self.parameters() if at is None else at
            gradient += params * self._decay
            if self._l1 is not None:
                at_zero = gradient.sign() * (gradient.abs() - self._l1).clamp(min=0)
                gradient = torch.where(params == 0, at_zero, gradient + self._l1 * params.sign())
            return loss + self.penalty(params), loss, gradient

    @torch.no_grad()
    def move_to(self, at: Tensor) -> None:
        """Set the trained params from a vector, in place."""
        for tensor, part in zip(self._tensors, torch.split(at, self._sizes), strict=True):
            tensor.copy_(part.view(tensor.shape))

    def products(self, closure: Objective) -> Product:
        """The second derivatives at the current params, those of the weight decay included, times vectors."""
        assert self.second_order is not None
        curvature = closure.curvature(self._tensors, self.second_order)
        shapes = [tensor.shape for tensor in self._tensors]

        def product(vector: Tensor) -> Tensor:
            parts = torch.split(vector, self._sizes)
            turned = curvature.product([part.view(s) for part, s in zip(parts, shapes, strict=True)])
            return _vector([part.flatten() for part in turned]).to(vector.dtype) + self._decay * vector

        return product

    def within(self, origin: Tensor, gradient: Tensor, at: Tensor) -> Tensor:
        """Put to 0 what has another sign than at the origin or, from 0, than the negative gradient."""
        if self._l1 is None:
            return at
        signs = torch.where(origin == 0, -gradient.sign(), origin.sign())
        return torch.where(at * signs > 0, at, 0.0)

    def moved(self, origin: Tensor, step: Tensor) -> Tensor:
        """How far the params are from the origin after a step, part of which `within` may have cut off."""
        return step if self._l1 is None else self.parameters() - origin

    def search(
        self, closure: Objective, origin: Tensor, direction: Tensor, start: Point, first: float
    ) -> Point | None:
        """Search along a direction and move the params to the point found; without one, restore them."""
        param = self.solver.line_search_param
        evaluate = self._along(closure, origin, direction, start.gradient)
        decrease, evaluations = param.sufficient_decrease, param.max_evaluations
        if param.method == LineSearchParameter.BACKTRACKING:
            point = backtracking(evaluate, start, first, decrease, param.shrink, evaluations)
        elif param.method == LineSearchParameter.EXACT:
            point = exact(evaluate, start, first, param.tolerance, evaluations)
        else:
            curvature = param.curvature if param.HasField("curvature") else self.curvature
            point = strong_wolfe(evaluate, start, first, decrease, curvature, evaluations)
        step = 0.0 if point is None else point.step
        self.move_to(self.within(origin, start.gradient, origin + step * direction) if step else origin)
        return point

    def _along(self, closure: Objective, origin: Tensor, direction: Tensor, downhill: Tensor) -> Evaluate:
        def evaluate(step: float) -> Point:
            at = self.within(origin, downhill, origin + step * direction)
            value, loss, gradient = self.measure(closure, at)
            moves = direction if self._l1 is None else torch.where(at == 0, 0.0, direction)
            return Point(step, value, float(gradient.dot(moves)), gradient, loss)

        return evaluate

    def _spread(self, numbers: list[float]) -> Tensor:
        """Expand one number per param to one number per element."""
        parts = [
            torch.full_like(t, n).detach().flatten() for t, n in zip(self._tensors, numbers, strict=True)
        ]
        return _vector(parts)


def matrix_faults(
    rule: type[Rule], moving: Sequence[Moving], most: int, field: str, instead: str
) -> list[Fault]:
    """A fault if a matrix over all values of params is larger than a solver allows.

    Args:
        rule: the rule that needs the matrix.
        moving: the params that train.
        most: the most that the solver allows.
        field: the field that says so.
        instead: the type that needs no matrix.
    """
    count = sum(each.size for each in moving)
    if count <= most:
        return []
    message = (
        f"{rule.type_name} keeps {count:,} x {count:,} numbers for as many values of params that train, "
        f"{readable(4 * count * count)} in FP32; {field} allows {most:,} values"
    )
    return [Fault(message, field=field, hint=f"type {instead} needs no such matrix; or freeze layers")]


def _vector(parts: list[Tensor]) -> Tensor:
    """The parts one after another; empty if no param is trained."""
    return torch.cat(parts) if parts else torch.zeros(0)
