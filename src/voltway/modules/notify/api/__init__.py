"""REST of mails and webhooks."""
