"""The names of layers and blobs of a block, once it is expanded."""

from __future__ import annotations

from collections.abc import Mapping


class Naming:
    """Turns the names that a block uses into those of the expanded net.

    Args:
        prefix: what is put before a name, such as ``res2/0/``; empty where names stay as they are written.
        inputs: for the blobs of the block's inputs, the blobs that the caller gives; None outside of blocks.
        outputs: for blobs of the block, the names that the caller gives.
        outer: the names around a repetition, whose layers see the blobs outside of it; None for a block.
        as_written: a layer that runs in place on an input changes the caller's blob, as it does in a file
            without blocks; otherwise it makes a blob of its own, so that the caller's stays.
    """

    def __init__(
        self,
        prefix: str = "",
        inputs: Mapping[str, str] | None = None,
        outputs: Mapping[str, str] | None = None,
        outer: Naming | None = None,
        as_written: bool = False,
    ) -> None:
        self.prefix, self.outer, self.as_written = prefix, outer, as_written
        self.closed = inputs is not None
        self.blobs = dict(inputs or {})
        self.inputs = set(self.blobs)
        self.outputs = dict(outputs or {})

    def layer(self, name: str) -> str:
        """The name of a layer, or of a param that layers share."""
        return self.prefix + name

    def sees(self, name: str) -> bool:
        """Whether a blob can be read: in a block, an input or what its layers have written so far."""
        if name in self.blobs:
            return True
        return self.outer.sees(name) if self.outer is not None else not self.closed

    def bottom(self, name: str) -> str:
        """The name of a blob that is read."""
        if name in self.blobs:
            return self.blobs[name]
        return self.prefix + name if self.outer is None else self.outer.bottom(name)

    def top(self, name: str, in_place: bool) -> str:
        """The name of a blob that is written."""
        known = name in self.blobs
        if in_place and not known and self.outer is not None:
            return self.outer.top(name, in_place)
        if in_place and known and (name not in self.inputs or self.as_written):
            return self.blobs[name]
        self.inputs.discard(name)
        actual = self.outputs.get(name) or self.prefix + name
        self.blobs[name] = actual
        return actual
