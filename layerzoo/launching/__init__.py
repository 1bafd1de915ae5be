"""Start the processes that train one net, on this machine or on several, and see to their end.

torch's elastic agent starts the processes, connects the machines and notices a process that dies. The modules
here decide how many there are, pass signals on, say in one message how the run has ended, and start it again
from its newest snapshot if restarts are allowed.
"""

from layerzoo.launching.folder import LaunchFolder
from layerzoo.launching.joining import join
from layerzoo.launching.request import Request, request

__all__ = ["LaunchFolder", "Request", "join", "request"]
