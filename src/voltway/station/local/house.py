"""MQTT for the house: what a station measures, and a limit and a pause from there, found by Home Assistant by itself.

    voltway/<identity>/status              online | offline (last will)
    voltway/<identity>/evse/1              JSON: state, power_w, energy_wh, charge_wh, limit_a, faults …; every 5 s, and on a change
    voltway/<identity>/evse/1/limit/set    amperes per phase from 0 to 80; empty: no limit of the house
    voltway/<identity>/evse/1/pause/set    ON | OFF

Control is by the broker's own rules on who may publish there. The house only ever lowers what the CSMS allows.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import aiomqtt
import structlog

from voltway.station.local.page import Wrong
from voltway.station.local.serving import set_limit
from voltway.station.local.standing import LocalStation, evse_standing

log = structlog.get_logger()

TELL_EVERY_S = 5.0
LOOK_EVERY_S = 0.5
AWAY_S = 5.0
GOODBYE_S = 2.0
DISCOVERY = "homeassistant"
# Home Assistant's words: kind, what, device class, unit, state class.
SENSORS = (
    ("state", "State", None, None, None),
    ("power_w", "Power", "power", "W", "measurement"),
    ("energy_wh", "Energy", "energy", "Wh", "total_increasing"),
    ("charge_wh", "This charge", "energy", "Wh", None),
    ("limit_a", "Offered current", "current", "A", "measurement"),
)


class House:
    """A station on a broker of the house; comes back by itself when that was away."""

    def __init__(self, program: LocalStation, url: str, prefix: str) -> None:
        self._program = program
        self._place = urlsplit(url)
        self._identity = program.station.spec.identity
        self.root = f"{prefix}/{self._identity}"

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                async with self._client() as client:
                    log.info("station_house.connected", host=self._place.hostname)
                    await self._serve(client)
            except aiomqtt.MqttError as error:
                log.warning("station_house.lost", reason=str(error))
            await asyncio.sleep(AWAY_S)

    def _client(self) -> aiomqtt.Client:
        place, is_tls = self._place, self._place.scheme == "mqtts"
        return aiomqtt.Client(
            place.hostname or "localhost",
            place.port or (8883 if is_tls else 1883),
            username=unquote(place.username) if place.username else None,
            password=unquote(place.password) if place.password else None,
            tls_context=ssl.create_default_context() if is_tls else None,
            will=aiomqtt.Will(f"{self.root}/status", "offline", qos=1, retain=True),
        )

    async def _serve(self, client: aiomqtt.Client) -> None:
        for topic, config in self.discovery().items():
            await client.publish(topic, json.dumps(config), qos=1, retain=True)
        for order in ("limit", "pause"):
            await client.subscribe(f"{self.root}/evse/+/{order}/set", qos=1)
        await client.publish(f"{self.root}/status", "online", qos=1, retain=True)
        telling = asyncio.ensure_future(self._tell(client))
        try:
            async for message in client.messages:
                # An order that was retained is not of now: nobody wants last week's pause.
                if not message.retain:
                    self._obey(str(message.topic), bytes(message.payload or b"").decode("utf-8", "replace").strip())
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            # Whoever leaves by himself leaves no last will. To a broker that is gone nothing can be said.
            with suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await client.publish(f"{self.root}/status", "offline", qos=1, retain=True)

    async def _tell(self, client: aiomqtt.Client) -> None:
        told: dict[int, tuple[str, float]] = {}
        while True:
            for evse in self._program.evses:
                standing = evse_standing(self._program, evse)
                state, now_s = str((standing["state"], standing["limit_a"])), asyncio.get_running_loop().time()
                before, at_s = told.get(evse.number, ("", 0.0))
                if state != before or now_s - at_s >= TELL_EVERY_S:
                    told[evse.number] = (state, now_s)
                    await client.publish(f"{self.root}/evse/{evse.number}", json.dumps(standing), retain=True)
            await asyncio.sleep(LOOK_EVERY_S)

    def _obey(self, topic: str, text: str) -> None:
        *_, number, what, _ = topic.split("/")
        evse = next((one for one in self._program.evses if str(one.number) == number), None)
        if evse is None or evse.hardware is None:
            return
        try:
            if what == "pause":
                evse.hardware.is_paused = {"ON": True, "OFF": False}[text]
            else:
                set_limit(evse, float(text) if text else None)
        except (ValueError, KeyError, Wrong):
            log.warning("station_house.nonsense", what=what, text=text[:40])
        else:
            log.info("station_house.obeyed", evse_number=evse.number, what=what, text=text)

    def discovery(self) -> dict[str, dict[str, Any]]:
        """Home Assistant's configurations by their topics."""
        spec, found = self._program.station.spec, {}
        device = {
            "identifiers": [f"voltway_{self._identity}"],
            "name": f"Charging station {self._identity}",
            "manufacturer": spec.vendor,
            "model": spec.model,
            "sw_version": spec.firmware_version,
        }
        for evse in self._program.evses:
            topic = f"{self.root}/evse/{evse.number}"
            common = {"device": device, "availability_topic": f"{self.root}/status"}

            def add(kind: str, name: str, title: str, more: dict[str, Any], number: int = evse.number) -> None:
                unique = f"voltway_{self._identity}_{number}_{name}"
                config = {"name": f"EVSE {number} {title}", "unique_id": unique} | more
                found[f"{DISCOVERY}/{kind}/{unique}/config"] = config

            for name, title, device_class, unit, state_class in SENSORS:
                words = {"device_class": device_class, "unit_of_measurement": unit, "state_class": state_class}
                said = {key: value for key, value in words.items() if value is not None}
                add("sensor", name, title, common | said | _read(topic, name))
            bounds = {"min": 0, "max": 80, "step": 1, "unit_of_measurement": "A"}
            add(
                "number",
                "limit",
                "Limit",
                common | bounds | _read(topic, "limit_a") | {"command_topic": f"{topic}/limit/set"},
            )
            paused = _read(topic, "is_paused") | {"state_on": "True", "state_off": "False"}
            add("switch", "pause", "Pause", common | paused | {"command_topic": f"{topic}/pause/set"})
        return found


def _read(topic: str, name: str) -> dict[str, str]:
    return {"state_topic": topic, "value_template": f"{{{{ value_json.{name} }}}}"}
