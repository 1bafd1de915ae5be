"""Get an entry from the local zoo, a store, or the catalogue of classics."""

from __future__ import annotations

from collections.abc import Sequence

from layerzoo.errors import ZooError
from layerzoo.zoo.classics import classics, get_classic
from layerzoo.zoo.entry import Entry
from layerzoo.zoo.fetch import Progress, fetch, find
from layerzoo.zoo.remotes import offline, remotes
from layerzoo.zoo.signing import check_signature
from layerzoo.zoo.store import LocalZoo


def get(
    address: str,
    zoo: LocalZoo | None = None,
    *,
    stores: Sequence[str] = (),
    signed: bool = False,
    progress: Progress | None = None,
) -> Entry:
    """Get an entry; download it if it is not in the local zoo.

    With a revision (given, or pinned in ``zoo.lock``) a local entry is returned if there is one; otherwise
    the stores are searched for the newest version. A classic of Caffe's zoo (`classics`) that no store has is
    downloaded from its publisher and converted. ``LAYERZOO_OFFLINE=1`` disables all downloads.

    Args:
        address: ``name``, ``name@version`` or ``name@hash``.
        zoo: target; None for the local zoo.
        stores: names or URLs of stores to search; by default the configured ones.
        signed: require the signature of a trusted key.
        progress: called while files are downloaded.

    Raises:
        ZooError: the entry is not available, damaged or not signed; the zoo is left unchanged.
    """
    zoo = zoo or LocalZoo()
    name, _, revision = zoo.pinned(address).partition("@")
    revision = revision.removeprefix("sha256:")
    places = [] if offline() else remotes(stores)
    if not (places or offline() or revision or signed or zoo.versions(name)) and name in classics():
        return get_classic(classics()[name], zoo, progress)
    if revision or not places:
        try:
            present = zoo.get(f"{name}@{revision}" if revision else name, shipped=not places)
        except ZooError as error:
            if not places:
                why = (
                    "LAYERZOO_OFFLINE is set" if offline() else "no store is configured (-from URL names one)"
                )
                raise ZooError(f"{error}; {why}") from None
        else:
            check_signature(present, required=signed)
            return present
    try:
        remote, row = find(places, name, revision)
    except ZooError:
        if name in classics() and not revision and not signed:
            return get_classic(classics()[name], zoo, progress)
        raise
    return fetch(zoo, remote, row, signed=signed, progress=progress)
