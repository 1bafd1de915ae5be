"""Whether params have changed since an earlier pass, by any means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor


class CheckedParams:
    """Tells whether params are those of an earlier pass.

    Versions of tensors don't tell alone: writes through ``param.data`` or numpy don't count in them. So
    values are compared too: small params with a copy; large ones by their products with random vectors, which
    reads each number once.

    Args:
        params: the params.

    Attributes:
        by_version: compare only versions and addresses, where nothing writes to params by other means.
    """

    def __init__(self, params: Iterable[Tensor]) -> None:
        every = list({id(param): param for param in params}.values())
        self._large = [param for param in every if param.dim() > 1]
        self._small = [param for param in every if param.dim() <= 1]
        self.by_version = False
        self._places: list[int] = []
        self._seen: Tensor | None = None
        self._random: dict[int, Tensor] = {}

    @torch.no_grad()
    def changed(self) -> bool:
        """Whether any param differs from what it was at the last call; True at the first."""
        if self.by_version and self.in_place():
            return False
        self._places = self._now()
        small = [param.detach().reshape(-1) for param in self._small]
        found = torch.cat(small + list(map(self._mark, self._large)))
        same = self._seen is not None and torch.equal(self._seen, found)
        self._seen = found
        return not same

    def in_place(self) -> bool:
        """Whether versions and addresses are those of the last `changed`."""
        return self._now() == self._places

    def _now(self) -> list[int]:
        params = self._small + self._large
        return [param.data_ptr() for param in params] + versions(params)

    def _mark(self, param: Tensor) -> Tensor:
        """The products of the param's rows with a random vector."""
        order = (0, 2, 3, 1) if param.dim() == 4 and not param.is_contiguous() else range(param.dim())
        rows = param.detach().permute(*order).reshape(param.shape[0], -1)
        size = rows.shape[1]
        if size not in self._random:
            generator = torch.Generator().manual_seed(size)
            self._random[size] = torch.rand(size, generator=generator).add_(0.5).to(rows)
        return rows @ self._random[size]


def versions(tensors: Sequence[Tensor]) -> list[int]:
    """For each tensor a number that each operation of torch on it raises; -1 for an inference tensor."""
    try:
        return [tensor._version for tensor in tensors]
    except RuntimeError:  # inference tensors have none
        return [-1 if tensor.is_inference() else tensor._version for tensor in tensors]
