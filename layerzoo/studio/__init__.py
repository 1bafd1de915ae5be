"""Layerzoo Studio: data, nets, training and zoo in the browser.

A web server for the user's own machine. Pages are rendered here; what they start are commands of the command
line, as processes of their own, and all state is in folders, so that nothing is lost when the server ends.
"""
