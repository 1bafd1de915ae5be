"""The command line: one file a command.

A module of this package that has a ``command`` is a command, named after its file; there is no list to keep.
"""
