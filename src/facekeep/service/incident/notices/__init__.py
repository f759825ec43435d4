"""Notices: letters, notifications and clocks, filled from a verified report alone; what people must write is marked."""
