"""Stores: locations that entries are fetched from and pushed to.

All have the same layout: ``index.json``, and the files of each entry under ``name/version/``.
"""

from layerzoo.zoo.stores.choose import open_store
from layerzoo.zoo.stores.store import Store, StoreFault

__all__ = ["Store", "StoreFault", "open_store"]
