"""The station's hardware behind ports (`ports.py`), with adapters for real parts and simulated ones for each."""
