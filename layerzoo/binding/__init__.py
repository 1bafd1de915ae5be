"""Bind node trees to messages of the schema, and to messages that are known only while a config is loaded."""

from layerzoo.binding.binder import MAX_FAULTS, bind

__all__ = ["MAX_FAULTS", "bind"]
