"""An entry, from wherever it is to be had."""

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
    """An entry, downloaded if it isn't here.

    With a revision (or one pinned in ``zoo.lock``) an entry that is here is taken; without one the stores are
    asked for the newest. A classic of Caffe's zoo (`classics`) that no store has is fetched from where it was
    published, and converted. ``LAYERZOO_OFFLINE=1`` asks nobody.

    Args:
        address: ``name``, ``name@version`` or ``name@hash``.
        zoo: where it goes; None takes the local zoo.
        stores: where to look, by name or URL; without them those that the user has configured.
        signed: refuse it without the signature of someone trusted.
        progress: called as files arrive.

    Raises:
        ZooError: it can't be had, or isn't what it should be; the zoo is as before.
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
