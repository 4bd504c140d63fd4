"""The demo network: `voltway run --demo`. It lives in a database of its own, which says of itself that it is a demo."""
