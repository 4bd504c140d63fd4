"""The deterministic simulator: stations and the whole platform in one thread, on virtual time, all chance from one seed.

The code is the product's own: the stations of `voltway simulate`, the gateway's doorkeeper, links and dialects, group commit,
sessions, prices, outbox and listeners, on SQLite in memory. Replaced are what is outside of it: the clock (`virtual_loop.py`),
the disk (`memory_database.py`) and the network (`network.py`), and all three have faults.

A run (`world.py`) has two parts. Safety: faults of all kinds, and what must never be is looked for again and again. Liveness:
the faults end, and everything must come to rest: all is said, all is billed, both books agree.
"""
