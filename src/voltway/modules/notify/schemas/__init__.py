"""Mails and webhooks as the API shows and takes them."""
