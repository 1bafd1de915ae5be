"""The rendezvous of one attempt, for torch's elastic agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from torch.distributed import Store  # type: ignore[attr-defined]  # its exports are not marked
from torch.distributed.elastic.rendezvous import (
    RendezvousConnectionError,
    RendezvousHandler,
    RendezvousInfo,
    RendezvousStoreInfo,
)

_NAME: Final = "layerzoo"


class Rendezvous(RendezvousHandler):
    """Machines that have met: their number, and the store that they share, are known.

    torch's own compares stamps of the machines' clocks, and leaves out a machine whose clock is 15 s behind.
    Here no clock is read.

    Args:
        store: shared by the agents of the attempt alone.
        number, count: this machine's number among all.
        place: where the processes reach the store.
        failure: says why the other machines can't be reached; None if they can.
    """

    def __init__(
        self,
        store: Store,
        number: int,
        count: int,
        place: tuple[str, int],
        failure: Callable[[], str | None],
    ) -> None:
        self._store, self._number, self._count = store, number, count
        self._place, self._failure = place, failure

    def get_backend(self) -> str:
        """The name of this kind of rendezvous."""
        return _NAME

    def get_run_id(self) -> str:
        """The name of the run."""
        return _NAME

    @property
    def use_agent_store(self) -> bool:
        """The processes connect through the store of the agents."""
        return True

    def next_rendezvous(self) -> RendezvousInfo:
        """What is known."""
        return RendezvousInfo(self._store, self._number, self._count, RendezvousStoreInfo(*self._place))

    def num_nodes_waiting(self) -> int:
        """None: a machine takes part from the next attempt on. The agent asks in each of its rounds.

        Raises:
            RendezvousConnectionError: the other machines can't be reached.
        """
        if (reason := self._failure()) is not None:
            raise RendezvousConnectionError(reason)
        return 0

    def is_closed(self) -> bool:
        """An attempt has one rendezvous, which is open."""
        return False

    def set_closed(self) -> None:
        """Nothing is kept."""

    def shutdown(self) -> bool:
        """Nothing is to be closed: the launch goes on."""
        return True
