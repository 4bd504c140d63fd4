"""What other modules ask of provisioning."""

from __future__ import annotations

from voltway.kernel.bus.asks import Ask


class FindTemplateName(Ask[str | None], frozen=True, kw_only=True):
    """A template's name; None: there is none. `location_ids`: only one that is for one of these places, or for all."""

    operator_id: str
    template_id: str
    location_ids: tuple[str, ...] | None = None


class ApplyTemplate(Ask[None], frozen=True, kw_only=True):
    """Have a station take a template, whether it has taken it before or not. It begins within seconds; how it goes: the
    station's runs. Raises the Problem (404) for a template or a station that is not there."""

    operator_id: str
    station_id: str
    template_id: str
