"""Backups: a folder with the database, the files of the installation, and a manifest that says what must be in it.

`contents.py` is the manifest, `dumping.py` how each database is copied, `taking.py` makes a backup, `restoring.py` brings one
back. docs/operating/backup.md says what an operator does with them.
"""
