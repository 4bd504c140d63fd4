"""REST of the organisations module."""
