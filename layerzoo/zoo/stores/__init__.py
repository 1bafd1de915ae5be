"""Places that entries are fetched from and pushed to.

All have one layout, that of a plain folder: ``index.json``, and each entry's files under ``name/version/``.
"""

from layerzoo.zoo.stores.choose import open_store
from layerzoo.zoo.stores.store import Store, StoreFault

__all__ = ["Store", "StoreFault", "open_store"]
