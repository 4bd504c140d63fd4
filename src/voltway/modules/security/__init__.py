"""Certificates, security events, registration tokens: see module.py."""
