"""The process that runs nets for the page Look: ``python -m layerzoo.studio.worker``.

It reads requests from stdin, a line of JSON each, and answers each by a line. It may be ended at any time:
it keeps nets that it has loaded, and nothing else.
"""
