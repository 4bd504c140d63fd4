"""Sessions: our record of every charge, from the first report to the final cost.

Owns: the inbox of transaction reports (every one as received, with what was answered), sessions, samples, the power history.
Records: `ReportTransaction` (start, update, end, meter values of all protocols), answered after the commit.
Answers: `TellSessions` (for a station's timeline), `FindSession`, `FindSessionDetails`, `FindSessionStanding`, `FindRunningSessions`, `FindTransactions`, `FindPhasesInUse`, `FindReadingDigests`, `FindChargeStates`, `FindMetered`, `SummarizeCharges`,
`SummarizeSessions`, `FindPersonalSessions`. Asks: `AuthorizeTokens`, `FindTariffs` before it
records, `SendCommand` to stop and, with `FindConnectorWords`, to ask after sessions that have been silent for long (silence.py); `FindTariffAbility` and `ExecuteCommand` to tell stations what a charge costs so far.
Listens to: `ConnectorStatusChanged` (the car has gone; what a 1.6 transaction does), `SessionPriced` (the final cost), `SessionHeld` and `SessionCredited`
(billing waits for a person, or has taken a cost back),
`AccountErased` (a person's sessions are nobody's).
Publishes: `SessionStarted`, `SessionProgressed` and `ChargingStateTold` (not kept), `SessionEnded` once a session is complete enough to be priced,
`SessionUnplugged` when its car has gone, `SessionResumed` when a transaction goes on after an interruption,
`SessionReleased` when a person has looked at a held one.

A token may say how far its sessions go (cost, energy, time): a station that can keep to it is told with the start; a job has
those stopped that go further.

A session that a person should look at carries reasons in `review`; with one of `rules.HELD_FOR_REVIEW` it is not priced.
"""

from voltway.contracts.access import FindTokenSessions, ReservationMet
from voltway.contracts.accounts import AccountErased, FindPersonalSessions
from voltway.contracts.billing import SessionCredited, SessionHeld, SessionPriced
from voltway.contracts.desk import SearchSessions
from voltway.contracts.directory import SummarizeCharges
from voltway.contracts.payments import FindTransactions
from voltway.contracts.sessions import (
    ChargingStateTold,
    FindChargeStates,
    FindDraws,
    FindMetered,
    FindPeakPowers,
    FindPhasesInUse,
    FindReadingDigests,
    FindRunningSessions,
    FindSession,
    FindSessionDetails,
    FindSessionStanding,
    SessionDoubted,
    SessionEnded,
    SessionProgressed,
    SessionReleased,
    SessionResumed,
    SessionStarted,
    SessionUnplugged,
    SummarizeSessions,
)
from voltway.contracts.station_link import ReportTransaction
from voltway.contracts.stations import ConnectorStatusChanged
from voltway.contracts.timeline import TellSessions
from voltway.kernel.module import Job, Manifest
from voltway.modules.sessions import (
    api,
    cost_updates,
    details,
    handlers,
    limits,
    metering,
    people,
    phases,
    readings,
    reviewing,
    searching,
    silence,
    station_costs,
    telling,
    thinning,
)
from voltway.modules.sessions.recording import TransactionRecorder
from voltway.modules.sessions.settings import SessionsSettings

MANIFEST = Manifest(
    name="sessions",
    settings=SessionsSettings,
    answers={
        FindPersonalSessions: people.find_personal_sessions,
        FindDraws: phases.find_draws,
        FindPhasesInUse: phases.find_phases_in_use,
        SummarizeCharges: readings.summarize_charges,
        FindMetered: metering.find_metered,
        FindPeakPowers: metering.find_peak_powers,
        FindReadingDigests: readings.find_reading_digests,
        FindChargeStates: readings.find_charge_states,
        FindRunningSessions: handlers.find_running_sessions,
        FindSession: handlers.find_session,
        FindSessionDetails: details.find_session_details,
        FindSessionStanding: details.find_session_standing,
        FindTokenSessions: handlers.find_token_sessions,
        FindTransactions: station_costs.find_transactions,
        SummarizeSessions: handlers.summarize_sessions,
        SearchSessions: searching.search_sessions,
        TellSessions: telling.tell_sessions,
    },
    batches={ReportTransaction: TransactionRecorder},
    listens={
        ConnectorStatusChanged: handlers.on_connector_status,
        SessionPriced: handlers.on_priced,
        SessionHeld: reviewing.on_session_held,
        SessionCredited: reviewing.on_session_credited,
        AccountErased: people.on_account_erased,
    },
    publishes=(
        SessionStarted,
        SessionResumed,
        SessionProgressed,
        ChargingStateTold,
        SessionEnded,
        SessionDoubted,
        SessionUnplugged,
        SessionReleased,
        ReservationMet,
    ),
    restored=handlers.on_restored,
    routes=lambda: (api.router, reviewing.router, station_costs.router),
    jobs=(
        Job("note_power", every_s=30, run=handlers.note_power),
        Job("tell_costs", every_s=1, run=cost_updates.tell, everywhere=True),
        Job("limits", every_s=1, run=limits.stop_at_limits),
        Job("ask_after", every_s=60, run=silence.ask_after),
        Job("thin", every_s=300, run=thinning.thin),
        Job("forget_idle", every_s=300, run=thinning.forget_idle),
    ),
)
