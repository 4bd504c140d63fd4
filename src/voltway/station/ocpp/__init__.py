"""The station's side of OCPP 1.6, 2.0.1 and 2.1: what the controller runs on real hardware, and every simulated station as well.

- `link.py`: the WebSocket, coming back by itself; `caller.py`: one CALL at a time, facts before the queue forgets them.
- `dialects/`: one file per version, tables of messages and orders; `dialect.py` says what such a file has.
- `station.py`: boot, heartbeat, status, authorisation; `charging.py`: one EVSE from plug and token to the end of a transaction,
  over whatever hardware it has (`EvseHardware`); `commands.py`: what the CSMS orders, whatever protocol it came in.
- `variables.py`: the settings, configuration keys to 1.6 and device model to 2.x; `limits.py`: charging profiles; `dynamic.py`,
  `offline.py`: those whose value others change, and those that end while the station is offline.
"""
