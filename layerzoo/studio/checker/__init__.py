"""Processes that look at texts of nets and solvers for the studio, which never does so itself.

The studio stays small and answers at once: what needs torch, takes long or may hang runs in a process of its
own. `worker` is that process: it forks a child for each question, so that a question can be given up at any
time. `client` starts it when it is needed; it ends by itself when nobody has asked for a while.
"""

from layerzoo.studio.checker.client import Given, Workers

__all__ = ["Given", "Workers"]
