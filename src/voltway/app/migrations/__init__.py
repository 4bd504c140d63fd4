"""The database's history: one line of revisions, each named after its number, `0001_…` first.

It lies inside the package, so that an installation from PyPI has it as well. To add a revision, change the tables, then
`python -m voltway.app.migrations.write "what changes"`, and read what it wrote.

A revision that says `keeps_older = True` only adds what earlier programs need not know of: tables, columns that may be empty or that
the database fills. They go on working beside it, and can be started on it again when the version that brought it is taken back.
"""
