"""What comes over the bus: reports of stations, questions of other modules, events."""
