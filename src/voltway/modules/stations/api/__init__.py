"""REST of the stations module."""
