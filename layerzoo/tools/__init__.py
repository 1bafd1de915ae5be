"""The tools that stood beside Caffe, with the arguments that scripts give them.

A module a tool, with a function ``main`` that takes the arguments; ``python -m layerzoo.tools NAME args…``
runs one, and so do the scripts that ``layerzoo shell_aliases`` writes. What makes data sets is a command of
``layerzoo`` too, and only its work stands here.
"""
