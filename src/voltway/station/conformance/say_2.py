"""What a station of OCPP 2.x says in the cases: transactions, status, tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from voltway.station.conformance.play import Play
from voltway.station.conformance.scripted import Payload, ScriptedStation


def id_token(value: str, kind: str = "ISO14443") -> Payload:
    return {"idToken": value, "type": kind}


async def status(play: Play, station: ScriptedStation, word: str, evse_number: int = 1) -> None:
    place = {"evseId": evse_number, "connectorId": 1}
    await station.call("StatusNotification", {"timestamp": play.now(), "connectorStatus": word, **place})


async def authorize(station: ScriptedStation, token: str, *verdicts: str) -> Payload:
    return await station.call("Authorize", {"idToken": id_token(token)}, idTokenInfo__status=verdicts or "Accepted")


class Transaction:
    """One transaction, told event by event."""

    def __init__(self, play: Play, station: ScriptedStation, *, evse_number: int | None = 1, first: int = 0) -> None:
        self.transaction_id = f"{play.case_id}-{station.identity[-8:]}-{len(station.log)}"
        self.evse_number = evse_number
        self._play, self._station, self._number = play, station, first

    async def say(
        self,
        phase: str,
        trigger: str,
        state: str | None = None,
        *,
        token: str | None = None,
        wh: int | None = None,
        wanted: Payload | None = None,
        ago: timedelta = timedelta(),
        context: str = "",
        signed: bool = False,
        **transaction: Any,
    ) -> Payload:
        """Send the next event; its answer."""
        event: Payload = {
            "eventType": phase,
            "timestamp": self._play.now(-ago),
            "triggerReason": trigger,
            "seqNo": self._number,
            "transactionInfo": {
                "transactionId": self.transaction_id,
                **({"chargingState": state} if state else {}),
                **transaction,
            },
        }
        self._number += 1
        if ago:
            event["offline"] = True
        if self.evse_number is not None:
            event["evse"] = {"id": self.evse_number, "connectorId": 1}
        if token is not None:
            event["idToken"] = id_token(token)
        if wh is not None:
            event["meterValue"] = [self.sample(phase, wh, context, signed, ago)]
        return await self._station.call("TransactionEvent", event, **(wanted or {}))

    def sample(self, phase: str, wh: int, context: str, signed: bool, ago: timedelta) -> Payload:
        usual = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(phase, "Sample.Periodic")
        value: Payload = {"value": float(wh), "context": context or usual, "measurand": "Energy.Active.Import.Register"}
        if signed:
            value["signedMeterValue"] = {
                "signedMeterData": "AAEC",
                "signingMethod": "ECDSA-secp256r1-SHA256",
                "encodingMethod": "OCMF",
                "publicKey": "AwQF",
            }
        return {"timestamp": self._play.now(-ago), "sampledValue": [value]}

    async def shows(self, **wanted: Any) -> None:
        await self._play.shows_session(self._station, self.transaction_id, **wanted)

    async def charge(self, token: str, trigger: str = "Authorized") -> None:
        """It starts with a token, at once with energy flowing."""
        accepted = {"idTokenInfo__status": "Accepted"}
        await self.say("Started", trigger, "Charging", token=token, wh=1000, wanted=accepted)

    async def finish(
        self, trigger: str = "EVCommunicationLost", reason: str = "EVDisconnected", state: str = "Idle"
    ) -> None:
        """It ends, and the CSMS has the whole session."""
        await self.say("Ended", trigger, state, wh=4500, stoppedReason=reason)
        await self.shows(state="ended", stop_reason=reason, energy_wh=3500, meter_start_wh=1000, meter_stop_wh=4500)
