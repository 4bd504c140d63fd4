"""All SQL of the notify module."""
