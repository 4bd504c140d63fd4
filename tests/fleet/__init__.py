"""Fleets of simulated stations against the whole platform, with faults in between; in the end both books are compared."""
