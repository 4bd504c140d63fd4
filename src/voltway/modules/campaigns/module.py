"""Campaigns: new firmware for many stations, a few first, and no further when it goes wrong.

Owns: firmware campaigns with the stations that are in them. A campaign goes in waves; the next begins when the one before has ended and a
while has passed (`soak_s`), within a window of the day, so many stations at once, and it pauses by itself when more stations
have failed than it may bear (rules.py decides, pure). A station that is offline is tried again.

Asks: `FindStations`, `SendCommand` of stations, `FindFirmwareEnds` of files: how orders went is what stations say of their file jobs.
Publishes acts for the audit log.
"""

from voltway.kernel.module import Job, Manifest
from voltway.modules.campaigns import api, running

MANIFEST = Manifest(
    name="campaigns",
    routes=lambda: (api.router,),
    jobs=(Job("go_on", 3.0, running.go_on),),
)
