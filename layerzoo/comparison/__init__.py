"""Compare nets and solvers by meaning: after upgrades, in any format, with defaults."""

from layerzoo.comparison.changes import Change, changes_of
from layerzoo.comparison.files import compare

__all__ = ["Change", "changes_of", "compare"]
