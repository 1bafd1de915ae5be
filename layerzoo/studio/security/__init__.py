"""Who may reach the studio: addresses, tokens, accounts, limits and folders."""

from layerzoo.studio.security.accounts import Accounts, hashed
from layerzoo.studio.security.guard import Guard
from layerzoo.studio.security.roots import Roots
from layerzoo.studio.security.sessions import Sessions
from layerzoo.studio.security.site import Site
from layerzoo.studio.security.tokens import Tokens

__all__ = ["Accounts", "Guard", "Roots", "Sessions", "Site", "Tokens", "hashed"]
