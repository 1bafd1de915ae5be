"""The command line: one file a command.

A file of this package that declares a ``command`` with `gflags.command` or `gflags.group` is a command of the
file's name; there is no list to keep. The others help them.
"""
