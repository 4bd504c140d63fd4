"""Messages to people: the port (`mail.py`) and its adapters, a folder and an SMTP server."""
