"""The other end of the wire: what runs at, or as, a charging station. It needs nothing of the cloud."""
