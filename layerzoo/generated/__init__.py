"""Written by ``scripts/generate`` from ``proto/``; not to be edited. `layerzoo.schema` is the way in."""
