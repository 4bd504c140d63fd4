"""How modules talk: `Events` (facts, kept in an outbox) and `Asks` (request and reply)."""
