"""The database's history: one line of revisions, each named after its number, `0001_…` first.

It lies inside the package, so that an installation from PyPI has it as well. To add a revision, change the tables, then
`python -m voltway.app.migrations.write "what changes"`, and read what it wrote.
"""
