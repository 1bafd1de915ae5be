"""What editors ask of a config while it is written: faults, completions, explanations, names.

`server` answers by the language server protocol, which needs the extra ``editor``; the other modules know
nothing of it. A text is half-typed most of the time: all functions take any text.
"""
