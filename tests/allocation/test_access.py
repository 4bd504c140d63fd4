"""Who may see and set limits and templates of charging profiles."""

from __future__ import annotations

from builders import ClientOf, MakeRuntime
from voltway.app import catalog

LIMIT = {"unit": "A", "limit": 32}


async def test_limits_and_templates_are_for_those_of_the_operator_who_may(
    make_runtime: MakeRuntime, client_of: ClientOf, stranger_id: str
) -> None:
    runtime = await make_runtime(*catalog.load(("stations", "allocation")))
    ours = await client_of(runtime)
    made = await ours.post("/locations", json={"name": "Yard", "time_zone": "UTC"})
    limit = f"/locations/{made.json()['id']}/limit"
    assert (await ours.put(limit, json=LIMIT)).json()["is_settled"] is False
    body = {"name": "Night", "purpose": "TxDefaultProfile", "charging_profile": {"id": 5, "stack_level": 0}}
    template = f"/charging-profiles/{(await ours.post('/charging-profiles', json=body)).json()['id']}"
    nobody = await client_of(runtime, None)
    driver = await client_of(runtime, "driver")
    stranger = await client_of(runtime, operator_id=stranger_id)
    host = await client_of(runtime, "site_host", location_ids=["elsewhere"])
    found = {client: (await client.get(limit)).status_code for client in (ours, nobody, driver, stranger, host)}
    assert found == {ours: 200, nobody: 401, driver: 403, stranger: 404, host: 404}
    for client, expected in ((nobody, 401), (driver, 403), (stranger, 404)):
        answers = [
            await client.get(template),
            await client.delete(template),
            await client.post(f"{template}/apply", json={"station_id": "x"}),
            await client.put(limit, json=LIMIT),
            await client.delete(limit),
            await client.post(limit.replace("/limit", "/feeder-readings"), json={"power_w": 1}),
        ]
        assert [answer.status_code for answer in answers] == [expected] * 6
    assert (await stranger.get("/charging-profiles")).json()["items"] == []
    assert (await ours.get(template)).status_code == 200
    assert (await ours.put(limit, json={"unit": "V", "limit": 1})).status_code == 422
    assert (await ours.put(limit, json={"unit": "A", "limit": 0})).status_code == 422
    assert (await ours.post(f"{template}/apply", json={})).status_code == 422
