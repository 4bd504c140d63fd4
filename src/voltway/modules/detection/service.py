"""What is done to incidents, each inside the caller's transaction: found, found again, recovered, moved by people."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, MutableMapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from voltway.contracts.detection import IncidentChanged, IncidentState, Severity
from voltway.kernel import audit, clock
from voltway.kernel.auth import Principal
from voltway.kernel.database import Tx
from voltway.kernel.ids import new_id
from voltway.modules.detection import rules, store
from voltway.modules.detection.checks import Verdict
from voltway.modules.detection.engine import Finding
from voltway.modules.detection.errors import BadField, IncidentMoved, SubjectOpenAgain
from voltway.modules.detection.rules import Again, Policy
from voltway.modules.detection.rules_table import BY_ID

TELLS = frozenset({"raised", "worsened", "reopened"})
"""What policies are asked about."""


# ---- what the engine finds


REPEATS_EXACT = 20
REPEATS_WRITTEN_EVERY = timedelta(seconds=5)
"""An incident that goes on and on is written no more often than this, from so many repeats on: whoever guesses at all stations
at once must not make the database work for each guess."""


async def record(
    tx: Tx, findings: Sequence[Finding], reopen_within: timedelta, repeats: MutableMapping[str, int] | None = None
) -> None:
    """Make incidents of findings: a new one, one more of an open one, one taken up again, or one that has recovered.
    `repeats`: what was counted of incidents, by their ids, and is not written yet."""
    if not findings:
        return
    repeats = {} if repeats is None else repeats
    known: dict[store.Subject, Any] = dict(await store.find_open(tx, map(_subject, findings)))
    # Many begin at once when many stations do the same: they are begun together.
    begun = await _begin(tx, _first_of_each(findings, without=known), reopen_within)
    standing: dict[str, dict[str, Any]] = {}
    entries: list[store.Entry] = []
    told: list[tuple[Any, str]] = []
    for finding in findings:
        subject = _subject(finding)
        incident = known.get(subject)
        if finding.verdict is Verdict.RECOVERED:
            if incident is not None:
                await _recover(tx, incident, finding, standing.pop(incident.id, {}), entries)
                del known[subject]
            continue
        if incident is not None:
            moved = _repeat(incident, finding, standing, repeats, entries)
        elif subject in begun:
            moved = begun.pop(subject)
        else:  # over, or closed by somebody, and found again in one batch
            moved = (await _begin(tx, [finding], reopen_within))[subject]
        if moved is None:
            continue
        what, fresh = moved
        known[subject] = fresh
        tell(tx, fresh, what)
        if what in TELLS:
            told.append((fresh, what))
    await store.change_incidents(tx, standing)
    await store.add_entries(tx, entries)
    await notify(tx, told)


def _first_of_each(findings: Sequence[Finding], *, without: Container[store.Subject]) -> list[Finding]:
    """The first finding of each subject that is no recovery."""
    first: dict[store.Subject, Finding] = {}
    for finding in findings:
        if finding.verdict is not Verdict.RECOVERED and _subject(finding) not in without:
            first.setdefault(_subject(finding), finding)
    return list(first.values())


def _subject(finding: Finding) -> store.Subject:
    return finding.operator_id, finding.rule_id, finding.key


Moved = tuple[str, Any]
"""What an incident has done, and the incident as it is now."""


def _with(incident: Any, values: Mapping[str, Any]) -> Any:
    """An incident's row with other values, not read again."""
    before = incident._mapping if isinstance(incident, sa.Row) else vars(incident)
    return SimpleNamespace(**{**before, **values})


async def _begin(tx: Tx, findings: Sequence[Finding], reopen_within: timedelta) -> dict[store.Subject, Moved | None]:
    """Raise incidents of subjects that have none open, or take up those that were closed a short while ago; None where a closed
    state merely lasts. One finding per subject."""
    moved: dict[store.Subject, Moved | None] = {}
    entries: list[store.Entry] = []
    new: dict[store.Subject, dict[str, Any]] = {}
    closed = await store.find_last_closed(tx, map(_subject, findings))
    for finding in findings:
        subject = _subject(finding)
        last: Any = closed.get(subject)
        again = Again.NEW
        if last is not None and last.closed_at is not None:
            again = rules.after_closed(last.closed_at, finding.at, finding.since, reopen_within)
        if again is Again.NEW:
            new[subject] = _raised(finding)
        elif again is Again.REOPENED:
            values = _reopened(finding.severity) | {
                "count": last.count + 1,
                "last_at": finding.at,
                "facts": dict(finding.facts),
            }
            await store.change_incident(tx, last.id, values)
            entries.append(store.entry(last, "reopened", text="It was found again.", facts=finding.facts))
            moved[subject] = "reopened", _with(last, values)
        else:
            moved[subject] = None
    added = await store.add_incidents(tx, [new[subject] for subject in sorted(new)])
    others = [subject for subject, row in new.items() if row["id"] not in added]  # another process was quicker
    open_there = await store.find_open(tx, others) if others else {}
    for subject, row in new.items():
        if row["id"] in added:
            incident = SimpleNamespace(**dict.fromkeys(store.COLUMNS) | row)
            entries.append(store.entry(incident, "raised", facts=row["facts"]))
            moved[subject] = "raised", incident
        else:
            found = open_there.get(subject)
            moved[subject] = None if found is None else ("raised", found)
    await store.add_entries(tx, entries)
    return moved


def _raised(finding: Finding) -> dict[str, Any]:
    """The row of a new incident."""
    rule = BY_ID[finding.rule_id]
    return {
        "id": new_id(),
        "operator_id": finding.operator_id,
        "rule_id": finding.rule_id,
        "subject_key": finding.key,
        "closed_key": "",
        "subject": finding.subject,
        "title": rule.title,
        "severity": finding.severity.value,
        "action": rule.action.value,
        "state": IncidentState.OPEN.value,
        "station_id": finding.station_id,
        "station_identity": finding.station_identity,
        "location_id": finding.location_id,
        "facts": dict(finding.facts),
        "count": 1,
        "first_at": finding.at,
        "last_at": finding.at,
        "raised_at": clock.now(),
    }


def _reopened(severity: Severity) -> dict[str, Any]:
    return {
        "state": IncidentState.OPEN.value,
        "closed_key": "",
        "severity": severity.value,
        "raised_at": clock.now(),
        "acknowledged_at": None,
        "acknowledged_by": None,
        "closed_at": None,
        "closed_by": None,
        "closed_reason": None,
    }


def _repeat(
    incident: Any,
    finding: Finding,
    standing: MutableMapping[str, dict[str, Any]],
    repeats: MutableMapping[str, int],
    entries: list[store.Entry],
) -> Moved | None:
    """Count one more; what to tell of it, if anything. A state that lasts is no repeat. `standing` and `entries`: what incidents
    have come to in this transaction, and what is to be read of it, written at its end."""
    pending = standing.pop(incident.id, None)
    now = pending or {"severity": incident.severity, "count": incident.count}
    before = Severity(now["severity"])
    severity = rules.worse(before, finding.severity)
    more = repeats.pop(incident.id, 0) + (0 if finding.since is not None else 1)
    count = now["count"] + more
    values = {"severity": severity.value, "count": count, "last_at": finding.at, "facts": dict(finding.facts)}
    if severity is not before:
        what, text = "worsened", f"{before.value} → {severity.value}"
    elif rules.is_milestone(count, more):
        what, text = "repeated", f"{count} times"
    else:
        is_written = pending is not None  # at the end of this transaction, whatever comes now
        if not is_written and count > REPEATS_EXACT and finding.at - incident.last_at < REPEATS_WRITTEN_EVERY:
            repeats[incident.id] = count - incident.count
        else:
            standing[incident.id] = values
        return None
    standing[incident.id] = values
    entries.append(store.entry(incident, what, text=text, facts=finding.facts))
    return what, _with(incident, values)


async def _recover(
    tx: Tx, incident: Any, finding: Finding, before: Mapping[str, Any], entries: list[store.Entry]
) -> None:
    """Close an incident whose state is over. `before`: what it has come to in this transaction."""
    values = {
        **before,
        "state": IncidentState.CLOSED.value,
        "closed_key": incident.id,
        "closed_at": finding.at,
        "closed_reason": "recovered",
        "last_at": finding.at,
    }
    await store.change_incident(tx, incident.id, values)
    entries.append(store.entry(incident, "recovered", facts=finding.facts))
    tell(tx, await store.get_incident(tx, incident.id), "recovered")


def tell(tx: Tx, incident: Any, what: str, **more: Any) -> None:
    """Say what became of an incident."""
    tx.publish(
        IncidentChanged(
            operator_id=incident.operator_id,
            at=clock.now(),
            incident_id=incident.id,
            rule_id=incident.rule_id,
            title=incident.title,
            subject=incident.subject,
            severity=Severity(incident.severity),
            state=IncidentState(incident.state),
            what=what,
            count=incident.count,
            station_id=incident.station_id,
            station_identity=incident.station_identity,
            location_id=incident.location_id,
            **more,
        )
    )


# ---- who is to hear of it


async def notify(tx: Tx, told: Iterable[tuple[Any, str]]) -> None:
    """Note for every policy that is about these incidents when somebody is to be told."""
    told = list(told)
    if not told:
        return
    for policy in await store.policies_of(tx, {incident.operator_id for incident, _ in told}):
        for incident, what in told:
            if policy.operator_id == incident.operator_id and rules.wants(policy, incident):
                await _note(tx, policy, incident, what)


async def _note(tx: Tx, policy: Policy, incident: Any, what: str) -> None:
    now = clock.now()
    subject = (incident.operator_id, incident.rule_id, incident.subject_key)
    # What has become worse is told even so.
    if what != "worsened" and rules.is_told_already(policy, await store.told_last(tx, policy.id, subject), now):
        return
    due_at = rules.due_at(policy, Severity(incident.severity), now)
    await store.add_notice(tx, policy, incident.id, what, due_at)
    if policy.escalate_after_s is not None:
        late = rules.due_at(policy, Severity(incident.severity), now + timedelta(seconds=policy.escalate_after_s))
        await store.add_notice(tx, policy, incident.id, what, late, is_escalation=True)


# ---- what people do


async def add_note(tx: Tx, principal: Principal, incident: Any, text: str) -> None:
    """Write something into the timeline."""
    await store.add_entry(tx, incident, "noted", by=principal, text=text)
    tell(tx, incident, "noted")


async def assign(tx: Tx, principal: Principal, incident: Any, assignee_id: str | None) -> None:
    """Give an incident to somebody, or to nobody. Raises BadField for who is no account of the operator."""
    name = None
    if assignee_id is not None:
        name = await store.find_account(tx, incident.operator_id, assignee_id)
        if name is None:
            raise BadField.at("$.assignee_id", "name an account of yours")
    if assignee_id == incident.assignee_id:
        return
    await store.change_incident(tx, incident.id, {"assignee_id": assignee_id, "assignee": name})
    await store.add_entry(tx, incident, "assigned", by=principal, text=name)
    _audit(tx, principal, incident, "incident.assigned", {"assignee": incident.assignee}, {"assignee": name})
    tell(tx, await store.get_incident(tx, incident.id), "assigned")


async def move(tx: Tx, principal: Principal, incident: Any, state: IncidentState, reason: str | None) -> None:
    """Acknowledge, close or take up again. Raises IncidentMoved, SubjectOpenAgain, BadField where a reason is missing."""
    before = IncidentState(incident.state)
    if state is before:
        return
    if state not in rules.MOVES[before]:
        raise IncidentMoved(f"The incident is {before.value}.")
    if rules.needs_reason(before, state) and not reason:
        raise BadField.at("$.reason", "say why")
    now = clock.now()
    values: dict[str, Any] = {"state": state.value}
    what = state.value
    if state is IncidentState.ACKNOWLEDGED:
        values |= {"acknowledged_at": now, "acknowledged_by": principal.name}
    elif state is IncidentState.CLOSED:
        values |= {"closed_at": now, "closed_by": principal.name, "closed_reason": reason, "closed_key": incident.id}
    else:
        what = "reopened"
        subject = (incident.operator_id, incident.rule_id, incident.subject_key)
        if before is IncidentState.CLOSED and subject in await store.find_open(tx, [subject]):
            raise SubjectOpenAgain("What this incident is about has an open one.")
        values = _reopened(Severity(incident.severity))
    await store.change_incident(tx, incident.id, values)
    await store.add_entry(tx, incident, what, by=principal, text=reason)
    _audit(tx, principal, incident, f"incident.{what}", {"state": before.value}, {"state": state.value}, reason)
    tell(tx, await store.get_incident(tx, incident.id), what)


def _audit(
    tx: Tx,
    principal: Principal,
    incident: Any,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    audit.note(tx, principal, action, ("incident", incident.id), before=before, after=after, reason=reason)
