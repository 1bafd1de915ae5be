"""The kinds of data that `layerzoo new` recognises, one module each."""
