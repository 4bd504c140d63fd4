"""Conformance: scripted stations that play certification cases against any CSMS, and say what it did.

    cli.py       `voltway conformance`                 cases_*.py   the scripts, one short coroutine for each case
    running.py   plays cases, makes verdicts           case.py      what a case is, and what it may expect
    operators.py who drives the CSMS: our REST API,    scripted.py  a station that says what it is told, and keeps
                 a person, or nobody                                a log of the wire

A case stands on the wire alone: what the CSMS answers and what it sends, each held against the protocol's schemas. Where
the CSMS is ours (`--api`), it also looks at what the REST API shows of it.
"""
