"""Simulated charging stations, the cars at them and the people who come and go.

    driver.py      scenarios, and who does what at an EVSE          cli.py, fleet.py   many stations as one thing
    car.py         what a car takes, as pure functions              ledger.py          our own book, compared with
    evse.py        the hardware: contactor, meter, the car at it    platform.py        what the platform says
    ------------------------------------------------------------------------------------------------------------
    charging.py    one EVSE: from plug and token to a transaction   commands.py        what the CSMS may order
    station.py     boot, heartbeat, status, authorisation, reports  variables.py, limits.py   settings and profiles
    caller.py      one CALL in flight, reports kept until confirmed dialect.py, dialects/     one file per protocol
    link.py        the WebSocket, coming back by itself

What is above the line is simulated; what is below it is a station's own logic, and knows its hardware only by a few
calls (`permit_power`, `sample`, `is_plugged`).
"""
