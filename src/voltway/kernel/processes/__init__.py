"""Several processes of one installation: who runs (nodes.py), what they say to each other (elsewhere.py, wire.py), how it gets there
(carriers/), and how events get to brokers for others (relays/)."""
