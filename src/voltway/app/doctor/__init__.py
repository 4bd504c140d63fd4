"""`voltway doctor`: examines an installation and says what is wrong with it, and what to do. It changes nothing.

`findings.py` has the words, `checks.py` the table of checks; the other files are the checks, by what they look at.
"""
