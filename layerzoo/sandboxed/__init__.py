"""What readers in the sandbox do: services that decode images and read files of tensors.

Only ``layerzoo.reader.serve`` imports them, by name, in a process of its own.
"""
