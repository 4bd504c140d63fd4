"""Mails and webhooks: see module.py."""
