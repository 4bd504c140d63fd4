"""Energy: what stations may draw, and what cars want.

Owns: the charging profiles that stations have, limits from outside, the needs of cars with the plans made for them, how cars
mean to charge, priority charging.
"""

from voltway.kernel.module import Manifest

MANIFEST = Manifest(name="energy")
