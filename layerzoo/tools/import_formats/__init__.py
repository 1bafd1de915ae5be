"""The formats that ``layerzoo data import`` reads, a module for each family."""
