"""Payment providers that are part of this platform: purses of our own, card terminals, and one for tests."""
