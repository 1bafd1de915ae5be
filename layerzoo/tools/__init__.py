"""Caffe's command line tools, with their original arguments.

Each tool is a module with a function ``main(args)``, run by ``python -m layerzoo.tools NAME args…`` or by the
scripts that ``layerzoo shell_aliases`` writes. The tools that make data sets are commands of ``layerzoo``;
their modules here have no ``main``.
"""
