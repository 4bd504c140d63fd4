"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import InvalidField, NotFound, Problem


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"


class LocationNotFound(NotFound):
    """No such location, or somebody else's."""

    title = "Location not found"


class CommandNotFound(NotFound):
    """No such command, or somebody else's."""

    title = "Command not found"


class SessionNotFound(NotFound):
    """No such session at this charging station."""

    title = "Session not found"


class IdentityTaken(Problem):
    """The operator has another charging station with this identity."""

    status = 409
    title = "Identity is taken"


class StationStillConnected(Problem):
    """Its hardware is connected; new hardware cannot take its place."""

    status = 409
    title = "Charging station is still connected"


class StationRetired(Problem):
    """The record is kept for its history only."""

    status = 409
    title = "Charging station is retired"


class NotOffered(Problem):
    """The station has said that it cannot do this."""

    status = 409
    title = "Charging station does not offer this"


class BadIdentity(InvalidField):
    """A station cannot be called this."""

    title = "Identity is wrong"


class PasswordNotWanted(InvalidField):
    """Only security profiles 1 and 2 have a password."""

    title = "This security profile has no password"


class LocationInUse(Problem):
    """There are charging stations at this location."""

    status = 409
    title = "Location is in use"


class StationNotAccepted(Problem):
    """A station that is not accepted takes no such order."""

    status = 409
    title = "Charging station is not accepted"


class SessionNotRunning(Problem):
    """The session has no transaction that could be stopped."""

    status = 409
    title = "Session is not running"


class CapabilityMissing(Problem):
    """The station has said that it cannot do this."""

    status = 409
    title = "Charging station cannot do this"


class TariffNotFound(NotFound):
    """No such tariff, or somebody else's."""

    title = "Tariff not found"


class TariffsNotTaken(Problem):
    """The station does not compute costs, or not in this currency."""

    status = 409
    title = "The charging station does not take this tariff"


class QuarantineFull(Problem):
    """As many unknown stations as may wait for somebody's word wait already."""

    status = 409
    title = "Too many unknown stations"


class ProfileNotPossible(Problem):
    """The station cannot go from its security profile to that one."""

    status = 409
    title = "Security profile is not possible"


class RotationUnfinished(Problem):
    """The station has not answered the last new passwords."""

    status = 409
    title = "Password change is unfinished"


class SecretNotSettable(Problem):
    """A password is changed by an order of its own, which knows when the old one ends."""

    status = 409
    title = "A password is not set as a variable"


class BadMapBox(Problem):
    """A part of the map that is none."""

    status = 422
    title = "This is no part of a map"
