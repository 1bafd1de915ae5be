"""The nets that `layerzoo new` writes, one module each."""
