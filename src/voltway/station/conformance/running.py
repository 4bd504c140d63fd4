"""Plays cases one after the other and makes a verdict of each."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from voltway.kernel import clock
from voltway.station.conformance import cases_2_control, cases_2_transactions, cases_16
from voltway.station.conformance.case import PROTOCOLS, Case, CaseFailed, NotApplicable
from voltway.station.conformance.operators import Driver
from voltway.station.conformance.play import Play
from voltway.station.conformance.scripted import Refused

CASES: tuple[Case, ...] = (*cases_16.BOOK.cases, *cases_2_transactions.BOOK.cases, *cases_2_control.BOOK.cases)
PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not applicable"


@dataclass(slots=True)
class Verdict:
    """How a case went; `why` in one line, `wire` is the log of its stations."""

    case: Case
    protocol: str
    outcome: str
    why: str = ""
    took_s: float = 0.0
    wire: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "case": self.case.case_id,
            "title": self.case.title,
            "protocol": self.protocol,
            "requirements": list(self.case.requirements),
            "verdict": self.outcome,
            "why": self.why,
            "took_s": round(self.took_s, 3),
            "wire": self.wire,
        }


def choose(protocols: Iterable[str] = PROTOCOLS, case_ids: Iterable[str] = ()) -> list[tuple[Case, str]]:
    """Which case is played in which protocol; all of them, unless some are named."""
    wanted = {case_id.casefold() for case_id in case_ids}
    chosen = list(protocols)
    return [
        (case, protocol)
        for case in CASES
        for protocol in case.protocols
        if protocol in chosen and (not wanted or case.case_id.casefold() in wanted)
    ]


async def play_case(case: Case, protocol: str, url: str, driver: Driver) -> Verdict:
    """Play one case to its end, whatever comes."""
    began_s = clock.monotonic()
    play = Play(url, protocol, case.case_id, driver)
    verdict = Verdict(case, protocol, PASS)
    try:
        await case.script(play)
    except CaseFailed as failure:
        verdict.outcome, verdict.why = FAIL, str(failure)
    except NotApplicable as missing:
        verdict.outcome, verdict.why = NOT_APPLICABLE, str(missing)
    except Refused as refusal:
        verdict.outcome, verdict.why = FAIL, f"the station is not let in: {refusal}"
    except Exception as error:
        verdict.outcome, verdict.why = FAIL, f"{type(error).__name__}: {error}"
        verdict.wire.append(traceback.format_exc())
    finally:
        await play.end()
    faults = [fault for station in play.stations for fault in station.faults]
    if faults and verdict.outcome == PASS:
        verdict.outcome, verdict.why = FAIL, f"the CSMS broke the protocol: {faults[0]}"
    for station in play.stations:
        verdict.wire += [f"{line.at_s:8.3f} {station.identity} {line.direction} {line.text}" for line in station.log]
        try:
            await driver.finish(station.identity)
        except (CaseFailed, NotApplicable) as error:
            verdict.wire.append(f"cleaning up: {error}")
    verdict.took_s = clock.monotonic() - began_s
    return verdict
