"""Write the history of a sharded run: all processes together, each the rows that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor

from layerzoo.engine.sharding import Shards
from layerzoo.errors import SnapshotError
from layerzoo.optimizer import AnyRule
from layerzoo.ranks import Ranks, peer_errors
from layerzoo.snapshot import FOLDER, checksum, shard_name, write_shards


class HistoryWriter:
    """Writes the history of a rule into the folder of a snapshot, which the main process makes and completes.

    The main process calls `write` while it writes the snapshot, and `end` in any case; the others `follow`.

    Args:
        shards: the parts of the params.
        rule: the update rule over them.
        ranks: the processes.
    """

    def __init__(self, shards: Shards, rule: AnyRule, ranks: Ranks) -> None:
        self._ranks = ranks
        self._tensors: dict[str, Any] = {}
        self.rest: list[Tensor] = []
        count = len(shards.params)
        for index, tensor in enumerate(rule.history):
            if shards.is_split(index % count):
                self._tensors[str(index)] = shards.as_distributed(tensor, index % count)
                self.rest.append(tensor.new_empty(0))
            else:
                self.rest.append(tensor)
        self._is_told = False

    def write(self, folder: Path) -> Mapping[str, str]:
        """Write the files of all processes; returns their checksums by name.

        Raises:
            OSError: a process can't write its file.
            SnapshotError: the folder is not the same for all processes.
        """
        self._is_told = True
        return self._write(self._ranks.from_main(folder))

    def follow(self) -> None:
        """Write this process's file into the folder of the main process's snapshot, if that begins one."""
        folder = self._ranks.from_main(None)
        if folder is not None:
            with suppress(OSError, SnapshotError):  # the main process gets it, too
                self._write(folder)

    def end(self) -> None:
        """Tell the others that there is no snapshot, if they still wait."""
        if not self._is_told:
            self._ranks.from_main(None)

    def _write(self, folder: Path) -> Mapping[str, str]:
        ranks = self._ranks
        if not self._tensors:
            return {}
        problem: Exception | None = None
        try:
            with peer_errors(among_others=True):
                write_shards(folder / FOLDER, self._tensors)
        except OSError as error:
            problem = error
        own = {} if problem is not None else _sum(folder, shard_name(ranks.rank))
        found = ranks.gather((own, problem))
        if problem is not None:
            raise problem
        if not ranks.is_main:
            return {}
        sums = {name: value for each, _ in found for name, value in each.items()}
        missing = [name for name in sums if not (folder / name).is_file()]
        if missing or len(sums) < ranks.count:
            raise SnapshotError(
                f"{folder.parent}: the files of other processes are not there; snapshots of sharded runs "
                "need a folder that all machines share: set snapshot_prefix"
            )
        return sums


def _sum(folder: Path, name: str) -> dict[str, str]:
    try:
        return {name: checksum(folder / name)}
    except OSError:
        return {}
