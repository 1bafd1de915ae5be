"""Whether params have changed since an earlier pass, by any means."""

from __future__ import annotations

from collections.abc import Iterable

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
        places = [place for p in (*self._small, *self._large) for place in (p.data_ptr(), _version(p))]
        if self.by_version and places == self._places:
            return False
        self._places = places
        small = [param.detach().reshape(-1) for param in self._small]
        found = torch.cat(small + list(map(self._mark, self._large)))
        same = self._seen is not None and torch.equal(self._seen, found)
        self._seen = found
        return not same

    def _mark(self, param: Tensor) -> Tensor:
        """The products of the param's rows with a random vector."""
        order = (0, 2, 3, 1) if param.dim() == 4 and not param.is_contiguous() else range(param.dim())
        rows = param.detach().permute(*order).reshape(param.shape[0], -1)
        size = rows.shape[1]
        if size not in self._random:
            generator = torch.Generator().manual_seed(size)
            self._random[size] = torch.rand(size, generator=generator).add_(0.5).to(rows)
        return rows @ self._random[size]


def _version(param: Tensor) -> int:
    """A number that each operation of torch on the param raises; that of an inference tensor is unknown."""
    return -1 if param.is_inference() else param._version
