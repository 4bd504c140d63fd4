"""All SQL of the stations module."""
