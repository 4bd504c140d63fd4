"""What a station must not forget: reports that the CSMS has not confirmed, and transactions that run, on a disk that may be cut off.

- `frames.py`: records framed with their length, order and check; a tail that was cut reads as if it had not been written. Pure.
- `storage.py`: the file below, with room kept for what must always fit.
- `state.py`: what the records amount to, and which updates go first when room is short. Pure.
- `journal.py`: both together: written before it is sent, crossed out after it was confirmed.
"""
