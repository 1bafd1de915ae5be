"""The command line: one file per command.

A file of this package that declares a ``command`` with `gflags.command` or `gflags.group` is a command with
the name of the file; no list is kept. The other files are shared by commands.
"""
