"""Incidents: the register and the freeze, reading every customer's entries without names, and an operator's acts."""
