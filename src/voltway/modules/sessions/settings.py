"""The settings of the sessions module: VOLTWAY_SESSIONS__COST_UPDATE_INTERVAL_S and so on."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class SessionsSettings(Settings):
    """Intervals, in seconds, and how long what was measured is kept."""

    cost_update_interval_s: int = Field(default=60, ge=0, le=86_400)
    """How often a station that shows costs is told what a charge costs so far, at most; 0: never by itself."""
    ask_after_silence_s: int = Field(default=86_400, ge=60)
    """A session that has told nothing for so long is asked after at its station, and again each time that so long has passed.
    Not below three intervals of its meter values."""
    ask_again_s: int = Field(default=3_600, ge=1)
    """A station that says that the transaction is no more is asked a second time after so long, before the session is ended;
    one that is offline, or has reports waiting, is asked again."""
    samples_whole_days: float = Field(default=90.0, ge=0, le=3650)
    """How long after its end a priced session keeps every sample; then it keeps what proves its price and draws its curve, one or
    two of each quarter of an hour. 0: for ever."""
    idle_samples_days: float = Field(default=90.0, ge=0, le=3650)
    """How long is kept what meters say beside sessions. 0: for ever."""
