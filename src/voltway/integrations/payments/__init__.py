"""Payment providers: the port (`port.py`) and adapters to providers outside."""
