"""Keys and values that an Attention keeps while a net is decoded step by step."""

from __future__ import annotations

from torch import Tensor

from layerzoo.errors import LayerFault


class KeyValueCache:
    """Keys and values of all steps so far; the memory for them doubles when it is full.

    Args:
        window: only so many of the last keys are seen; 0: all.

    Attributes:
        steps: the number of steps so far.
    """

    def __init__(self, window: int = 0) -> None:
        self.steps = 0
        self._window = window
        self._keys: Tensor | None = None
        self._values: Tensor | None = None
        self._mask: Tensor | None = None

    def extended(
        self, k: Tensor, v: Tensor, mask: Tensor | None, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Keep new keys and values; return those that the new queries may see.

        Args:
            k, v: those of the new steps, each (N, heads, steps, size).
            mask: which of them may be seen, (N, steps), or None.
            lengths: must be None: what is seen of later steps isn't known.

        Raises:
            LayerFault: there are lengths, or a mask with a row for each query.
        """
        if lengths is not None or (mask is not None and mask.dim() != 2):
            what = "lengths" if lengths is not None else "a mask (N, T, S)"
            hint = "give a mask (N, S) of the keys, in each step that of the new ones"
            raise LayerFault(f"{what} can't be decoded step by step", hint=hint)
        before, self.steps = self.steps, self.steps + k.shape[2]
        self._keys = _written(self._keys, k, 2, before)
        self._values = _written(self._values, v, 2, before)
        if mask is not None:
            self._mask = _written(self._mask, mask, 1, before)
        first = max(0, before - self._window + 1) if self._window else 0
        seen = slice(first, self.steps)
        mask = None if self._mask is None else self._mask[:, seen]
        return self._keys[:, :, seen], self._values[:, :, seen], mask

    def select(self, rows: Tensor) -> None:
        """Go on with some samples, in a new order; a sample may be taken several times."""
        for name in ("_keys", "_values", "_mask"):
            kept: Tensor | None = getattr(self, name)
            if kept is not None:
                setattr(self, name, kept.index_select(0, rows))


def _written(kept: Tensor | None, new: Tensor, axis: int, at: int) -> Tensor:
    """Write new steps behind those before; returns the memory, a larger one if it was full."""
    new, count = new.detach(), new.shape[axis]
    if kept is None or at + count > kept.shape[axis]:
        shape = list(new.shape)
        shape[axis] = max(64, 2 * (at + count))
        larger = new.new_zeros(shape)
        if kept is not None:
            larger.narrow(axis, 0, at).copy_(kept.narrow(axis, 0, at))
        kept = larger
    kept.narrow(axis, at, count).copy_(new)
    return kept
