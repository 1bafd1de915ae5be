"""Read files in a process of its own, so that a damaged one can't stop the process that trains.

`Database` (``database``) is what data layers use; `Reader` (``process``) is a process; ``serve`` and the
services run in it, and import nothing of the parent's side.
"""
