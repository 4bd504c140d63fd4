"""What drivers report: without an account, about what is published, followed by a key of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime
from desk.test_photos import a_photo, segment
from voltway.app import catalog
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.desk import handlers
from voltway.modules.desk.tables import photos
from voltway.modules.directory.handlers import keep_in_step

MODULES = ("audit", "stations", "directory", "sessions", "users", "billing", "desk")


class Site(NamedTuple):
    runtime: Runtime
    staff: httpx.AsyncClient
    guest: httpx.AsyncClient
    location_id: str
    station_id: str
    code: str

    async def report(self, **body: Any) -> dict[str, Any]:
        answer = await self.guest.post("/problem-reports", json={"text": "The screen is dark", **body})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@pytest.fixture
async def site(make_runtime: MakeRuntime, client_of: ClientOf) -> Site:
    runtime = await make_runtime(*catalog.load(MODULES))
    staff, guest = await client_of(runtime), await client_of(runtime, None)
    place = {"name": "Harbour", "time_zone": "Europe/Berlin", "country": "DE", "is_published": True}
    location = (await staff.post("/locations", json=place)).json()
    body = {"identity": "CS-1", "location_id": location["id"], "evses": [{"evse_number": 1, "connectors": []}]}
    station = (await staff.post("/charging-stations", json=body)).json()
    await keep_in_step(runtime)
    shown = (await guest.get(f"/public/locations/{location['id']}")).json()
    return Site(runtime, staff, guest, location["id"], station["id"], shown["evses"][0]["id"])


async def test_driver_reports_at_a_charger_and_follows_it_by_their_key(site: Site) -> None:
    text = "The plug does not come out.\nI have pulled hard."
    report = await site.report(code=site.code.lower(), text=text, kind="damage", contact="dana@example.org")
    assert (report["state"], report["has_photo"]) == ("open", False)
    ticket = (await site.staff.get(f"/tickets/{report['id']}")).json()
    assert (ticket["station_id"], ticket["station_identity"], ticket["evse_number"]) == (site.station_id, "CS-1", 1)
    assert (ticket["subject"], ticket["kind"]) == ("The plug does not come out. I have pulled hard.", "damage")
    assert (ticket["contact"], ticket["opened_by"], ticket["notes"][0]["text"]) == ("dana@example.org", "driver", text)
    path = f"/problem-reports/{report['id']}/{report['key']}"
    await site.staff.patch(f"/tickets/{report['id']}", json={"state": "solved", "text": "not for their eyes"})
    seen = await site.guest.get(path)
    assert (seen.json()["state"], seen.json()["solved_at"] is not None) == ("solved", True)
    assert "eyes" not in seen.text
    assert (await site.guest.get(f"/problem-reports/{report['id']}/{'0' * 32}")).status_code == 404


async def test_only_what_is_published_can_be_reported(site: Site) -> None:
    about_place = await site.report(location_id=site.location_id)
    assert (await site.staff.get(f"/tickets/{about_place['id']}")).json()["station_id"] is None
    for body, field in (({"code": "AAAABBBB-1"}, "$.code"), ({"location_id": "none"}, "$.location_id")):
        answer = await site.guest.post("/problem-reports", json={"text": "x", **body})
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, field)
    for wrong in ({}, {"code": site.code, "location_id": site.location_id}, {"code": site.code, "text": "  "}):
        assert (await site.guest.post("/problem-reports", json={"text": "x", **wrong})).status_code == 422


async def test_photo_is_kept_without_where_it_was_taken_until_it_is_old(site: Site) -> None:
    report = await site.report(code=site.code)
    path, ticket = f"/problem-reports/{report['id']}/{report['key']}/photo", f"/tickets/{report['id']}"
    assert (await site.staff.get(f"{ticket}/photo")).status_code == 404
    for content in (b"<html>", a_photo(segment(0xE1, bytes(60_000)) * 15)):
        assert (await site.guest.put(path, content=content)).status_code == 422
    for _ in range(2):  # the second in place of the first
        added = await site.guest.put(path, content=a_photo(segment(0xE1, b"Exif\0\0 53.54 N")))
        assert (added.status_code, added.json()["has_photo"]) == (200, True)
    found = await site.staff.get(f"{ticket}/photo")
    assert (found.headers["content-type"], found.content) == ("image/jpeg", a_photo())
    assert (await site.staff.get(ticket)).json()["has_photo"] is True
    assert (await site.guest.put(path.replace(report["key"], "x"), content=a_photo())).status_code == 404
    await handlers.forget_photos(site.runtime)
    assert (await site.staff.get(f"{ticket}/photo")).status_code == 200
    async with site.runtime.database.begin() as tx:
        long_ago = clock.now() - handlers.PHOTO_KEPT - timedelta(days=1)
        await tx.execute(sa.update(photos).values(added_at=long_ago))
    await handlers.forget_photos(site.runtime)
    assert (await site.staff.get(f"{ticket}/photo")).status_code == 404
    await site.staff.patch(ticket, json={"state": "solved"})
    assert (await site.guest.put(path, content=a_photo())).status_code == 409


async def test_who_reports_without_end_has_to_wait(site: Site) -> None:
    for _ in range(6):
        await site.report(code=site.code)
    answer = await site.guest.post("/problem-reports", json={"text": "x", "code": site.code})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
