"""Sessions: our record of every charge, from the first report to the final cost.

Owns: the inbox of transaction reports (every one as received, with what was answered), sessions, samples, the power history.
Records: `ReportTransaction` (start, update, end, meter values of all protocols), answered after the commit.
Answers: `FindSession`, `FindRunningSessions`, `FindTransactions`, `SummarizeSessions`. Asks: `AuthorizeTokens`, `FindTariffs` before it
records, `SendCommand` to stop; `FindTariffAbility` and `ExecuteCommand` to tell stations what a charge costs so far.
Listens to: `ConnectorStatusChanged` (the car has gone; what a 1.6 transaction does), `SessionPriced` (the final cost).
Publishes: `SessionStarted`, `SessionProgressed` and `ChargingStateTold` (not kept), `SessionEnded` once a session is complete enough to be priced,
`SessionUnplugged` when its car has gone, `SessionResumed` when a transaction goes on after an interruption.

A token may say how far its sessions go (cost, energy, time): a station that can keep to it is told with the start; a job has
those stopped that go further.

A session that a person should look at carries reasons in `review`; with one of `rules.HELD_FOR_REVIEW` it is not priced.
"""

from voltway.contracts.access import FindTokenSessions, ReservationMet
from voltway.contracts.billing import SessionPriced
from voltway.contracts.payments import FindTransactions
from voltway.contracts.sessions import (
    ChargingStateTold,
    FindRunningSessions,
    FindSession,
    SessionEnded,
    SessionProgressed,
    SessionResumed,
    SessionStarted,
    SessionUnplugged,
    SummarizeSessions,
)
from voltway.contracts.station_link import ReportTransaction
from voltway.contracts.stations import ConnectorStatusChanged
from voltway.kernel.module import Job, Manifest
from voltway.modules.sessions import api, cost_updates, handlers, limits, station_costs
from voltway.modules.sessions.recording import TransactionRecorder
from voltway.modules.sessions.settings import SessionsSettings

MANIFEST = Manifest(
    name="sessions",
    settings=SessionsSettings,
    answers={
        FindRunningSessions: handlers.find_running_sessions,
        FindSession: handlers.find_session,
        FindTokenSessions: handlers.find_token_sessions,
        FindTransactions: station_costs.find_transactions,
        SummarizeSessions: handlers.summarize_sessions,
    },
    batches={ReportTransaction: TransactionRecorder},
    listens={ConnectorStatusChanged: handlers.on_connector_status, SessionPriced: handlers.on_priced},
    publishes=(
        SessionStarted,
        SessionResumed,
        SessionProgressed,
        ChargingStateTold,
        SessionEnded,
        SessionUnplugged,
        ReservationMet,
    ),
    routes=lambda: (api.router, station_costs.router),
    jobs=(
        Job("note_power", every_s=30, run=handlers.note_power),
        Job("tell_costs", every_s=1, run=cost_updates.tell),
        Job("limits", every_s=1, run=limits.stop_at_limits),
    ),
)
