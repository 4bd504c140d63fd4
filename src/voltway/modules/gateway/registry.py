"""The links of this process: which station has which, who is newer, who is still there.

Epochs: a link's number is the time in milliseconds, but always larger than that of any link this process has heard of, here
or on another node (a Lamport clock): what a later link says wins over an earlier one, whatever the nodes' clocks say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import structlog

from voltway.contracts.station_link import LinkOpened, ReportLink, StationCredential
from voltway.contracts.vocabulary import Registration
from voltway.kernel import clock
from voltway.kernel.noticing import Notices
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.credentials import is_open
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.noticing import note_of

log = structlog.get_logger()

REPLACED = "replaced by a newer connection"


class Registry:
    """Station id to link. `tick` is to be called once a second."""

    def __init__(
        self, runtime: Runtime, ping_interval_s: int, on_overtaken: Callable[[Link], None] = lambda link: None
    ) -> None:
        """`on_overtaken`: gets a link whose report came too late, since another one of the station has a larger epoch."""
        self._on_overtaken = on_overtaken
        self._runtime = runtime
        self._links: dict[str, Link] = {}
        self._epoch = 0
        # Each second asks one of these groups whether it is still there: pings are spread over the interval.
        self._wheel: list[dict[Link, None]] = [{} for _ in range(ping_interval_s)]
        self._second = 0
        self._silent: set[Link] = set()
        """Pinged at their last turn, and nothing has come since."""
        self._unsaid: dict[str, ReportLink] = {}
        self.seen: dict[str, datetime] = {}
        """When stations were last heard of, since it was last said."""

    def __len__(self) -> int:
        return len(self._links)

    def __iter__(self) -> Iterator[Link]:
        return iter(tuple(self._links.values()))

    def find(self, station_id: str) -> Link | None:
        """The station's link in this process."""
        return self._links.get(station_id)

    # ---- coming and going

    def add(self, link: Link) -> None:
        """A link is open: it is the station's newest. The one before is closed, and nothing from it counts any more."""
        station_id = link.credential.station_id
        previous = self._links.get(station_id)
        self._epoch = link.epoch = max(clock.epoch_ms(), self._epoch + 1)
        self._links[station_id] = link
        self._wheel[link.epoch % len(self._wheel)][link] = None
        self.seen[station_id] = clock.now()
        if previous is not None:
            self._note_takeover(link, previous)
            previous.close(1008, REPLACED)
        self._unsaid.pop(station_id, None)
        self._say(self._report(link, is_open=True, reason=None))

    def _note_takeover(self, link: Link, previous: Link) -> None:
        """A station that lost its connection comes again before we have noticed; or somebody else has its credentials. When
        two addresses take turns, both are alive."""
        here, there = link.remote_address, previous.remote_address
        notices, link.replaced_address = self._runtime.state(Notices), there
        note_of(notices, link.credential, "link.takeover", address=here, old_address=there)
        if previous.replaced_address == here != there:
            note_of(notices, link.credential, "link.duplicate", address=here, old_address=there)

    def remove(self, link: Link, reason: str) -> None:
        """A link has ended. Nothing is said of one that a newer has replaced."""
        self._wheel[link.epoch % len(self._wheel)].pop(link, None)
        self._silent.discard(link)
        station_id = link.credential.station_id
        if self._links.get(station_id) is link:
            del self._links[station_id]
            self.seen[station_id] = clock.now()
            self._say(self._report(link, is_open=False, reason=reason))

    def insist(self, link: Link) -> None:
        """The station is on this link after all: it gets an epoch above all that we have heard of, and is reported again."""
        if self._links.get(link.credential.station_id) is link:
            self._wheel[link.epoch % len(self._wheel)].pop(link, None)
            self._epoch = link.epoch = max(clock.epoch_ms(), self._epoch + 1)
            self._wheel[link.epoch % len(self._wheel)][link] = None
            self._say(self._report(link, is_open=True, reason=None))

    def hear(self, event: LinkOpened) -> None:
        """A link was opened somewhere: if it is newer than ours, the station is no longer here."""
        self._epoch = max(self._epoch, event.epoch)
        link = self._links.get(event.station_id)
        if link is not None and link.epoch < event.epoch:
            link.close(1008, REPLACED)

    def refresh(self, credentials: Iterable[StationCredential], retired_ids: Iterable[str] = ()) -> list[Link]:
        """Records have changed: links go on with them, or end. The links of stations that have just been accepted."""
        accepted = []
        for station_id in retired_ids:
            link = self._links.get(station_id)
            if link is not None:
                link.close(1008, "this station may not connect any more")
        for credential in credentials:
            link = self._links.get(credential.station_id)
            if link is None:
                continue
            if credential.security_profile > link.credential.security_profile or (
                credential.security_profile == 0 and not is_open(credential)
            ):
                link.close(1008, "this station must prove who it is")
            if (link.credential.registration, credential.registration) == (Registration.PENDING, Registration.ACCEPTED):
                accepted.append(link)
            link.credential = credential
        return accepted

    def close_all(self, code: int, reason: str) -> None:
        """End all links."""
        for link in tuple(self._links.values()):
            link.close(code, reason)

    # ---- who is still there

    def tick(self) -> None:
        """Ask one group of links for a sign of life; a link that gave none since its last turn is dead."""
        self._second = (self._second + 1) % len(self._wheel)
        now = clock.now()
        for link in tuple(self._wheel[self._second]):
            if link.is_heard:
                link.is_heard = False
                self._silent.discard(link)
                self.seen[link.credential.station_id] = now
            elif link in self._silent:
                self._drop(link)
                continue
            self._silent.add(link)
            if link.transport is not None:
                link.transport.ping()
        for report in tuple(self._unsaid.values()):
            self._say(report)

    def _drop(self, link: Link) -> None:
        log.info("link.went_silent", station_id=link.credential.station_id)
        transport = link.transport
        link.close(1001, "no sign of life")
        if transport is not None:
            transport.abort()

    # ---- what the others must know

    def _report(self, link: Link, *, is_open: bool, reason: str | None) -> ReportLink:
        credential = link.credential
        return ReportLink(
            operator_id=credential.operator_id,
            station_id=credential.station_id,
            station_identity=credential.identity,
            location_id=credential.location_id,
            protocol=link.protocol,
            message_id="",
            received_at=clock.now(),
            is_open=is_open,
            epoch=link.epoch,
            node_id=self._runtime.node_id,
            remote_address=link.remote_address,
            security_profile=credential.security_profile,
            close_reason=reason,
        )

    def _say(self, report: ReportLink) -> None:
        """Have it recorded. That a link closed is said again until it is: else the station would stay online for ever."""
        self._unsaid.pop(report.station_id, None)
        self._runtime.commits.submit(report, self._retry(report))

    def _retry(self, report: ReportLink) -> Callable[[Any], None]:
        def done(receipt: Any) -> None:
            if isinstance(receipt, Exception) and not report.is_open and report.station_id not in self._links:
                self._unsaid[report.station_id] = report
            elif isinstance(receipt, int) and report.is_open:
                self._epoch = max(self._epoch, receipt)
                link = self._links.get(report.station_id)
                if link is not None and link.epoch == report.epoch:
                    self._on_overtaken(link)

        return done
