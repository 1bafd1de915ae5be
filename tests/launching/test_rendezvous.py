"""The rendezvous that torch's agent is given."""

from __future__ import annotations

import pytest
from torch.distributed import HashStore  # type: ignore[attr-defined]  # its exports are not marked
from torch.distributed.elastic.rendezvous import RendezvousConnectionError, RendezvousHandler

from layerzoo.launching.rendezvous import Rendezvous


def test_rendezvous_gives_what_is_known() -> None:
    reasons = [None, "the host is lost"]
    store = HashStore()
    given = Rendezvous(store, 1, 3, ("node1", 29400), lambda: reasons.pop(0))
    assert isinstance(given, RendezvousHandler)
    info = given.next_rendezvous()
    assert (info.store, info.rank, info.world_size) == (store, 1, 3)
    assert info.bootstrap_store_info is not None
    assert (info.bootstrap_store_info.master_addr, info.bootstrap_store_info.master_port) == ("node1", 29400)
    assert given.use_agent_store
    assert not given.is_closed()
    assert given.shutdown()
    assert given.get_backend() == given.get_run_id() == "layerzoo"
    assert given.num_nodes_waiting() == 0
    with pytest.raises(RendezvousConnectionError, match="the host is lost"):
        given.num_nodes_waiting()
