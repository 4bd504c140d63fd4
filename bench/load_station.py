"""One station of the load driver: what it says, and what it knows of its transactions. Knows nothing of sockets."""

from __future__ import annotations

import asyncio
import random
import time
from argparse import Namespace
from array import array
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

Payload = dict[str, Any]
KINDS = ("boot", "heartbeat", "status", "meter", "transaction")
WH_PER_SAMPLE = 17
SAMPLES_KEPT = 5
decode = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode


class Stats:
    """What all stations of one process have seen. Times are those of `time.perf_counter`."""

    def __init__(self) -> None:
        self.t_start = self.t_end = float("inf")
        self.is_ending = False
        self.sent = 0
        self.ok = 0
        """Answered between `t_start` and `t_end`."""
        self.answered = 0
        """Answered after `t_start`, the last ones after `t_end` included."""
        self.errors, self.actions, self.boots, self.tags, self.server_calls = (Counter[str]() for _ in range(5))
        self.error_samples: list[str] = []
        self.latencies, self.latencies_due, self.connects, self.boot_times = (array("d") for _ in range(4))
        """In ms."""

    def note_error(self, kind: str, sample: str = "") -> None:
        self.errors[kind] += 1
        if sample and len(self.error_samples) < SAMPLES_KEPT:
            self.error_samples.append(sample[:300])


class Charge:
    """The ledger of one transaction: only what the CSMS has acknowledged."""

    __slots__ = ("meter_start_wh", "meter_stop_wh", "register_wh", "transaction_id")

    def __init__(self, transaction_id: str, meter_start_wh: int) -> None:
        self.transaction_id = transaction_id
        self.meter_start_wh = self.register_wh = meter_start_wh
        self.meter_stop_wh: int | None = None

    def to_json(self) -> Payload:
        return {name: getattr(self, name) for name in sorted(self.__slots__)}


@lru_cache(maxsize=2)
def _timestamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(second))


def timestamp() -> str:
    return _timestamp(int(time.time()))


def sampled_values(version: str, energy_wh: int) -> list[Payload]:
    """Four measurands, as 1.6 (numbers as text) or 2.x writes them."""
    rows = [
        ("Energy.Active.Import.Register", energy_wh, "Wh", None),
        ("Power.Active.Import", 7360.0, "W", None),
        ("Current.Import", 31.9, "A", "L1"),
        ("Voltage", 230.4, "V", "L1-N"),
    ]
    values = []
    for measurand, value, unit, phase in rows:
        sample: Payload = {"value": str(value) if version == "1.6" else float(value), "context": "Sample.Periodic"}
        sample |= {"measurand": measurand, "location": "Outlet"}
        sample |= {"phase": phase} if phase else {}
        sample |= {"unit": unit} if version == "1.6" else {"unitOfMeasure": {"unit": unit}}
        values.append(sample)
    return values


def _meter_template() -> bytes:
    """The bytes of 1.6's MeterValues, the most frequent message: filling them in spares the driver's CPU."""
    sampled = encode(sampled_values("1.6", 0)).replace(b"%", b"%%").replace(b'"value":"0"', b'"value":"%d"', 1)
    head = b'[2,"%s","MeterValues",{"connectorId":1,%s"meterValue":[{"timestamp":"%s","sampledValue":'
    return head + sampled + b"}]}]"


METER_TEMPLATE = _meter_template()


class Station:
    """Boots, then sends messages of the mix, one CALL in flight at a time as OCPP-J wants it, and answers the server's."""

    __slots__ = (
        "_charge",
        "_charges",
        "_due",
        "_in_transaction",
        "_message_id",
        "_meter_wh",
        "_next_due",
        "_number",
        "_options",
        "_random",
        "_said_wh",
        "_sent_at",
        "_stats",
        "_updates",
        "action",
        "boot_done",
        "identity",
        "is_closed",
        "is_running",
        "send",
    )

    def __init__(self, options: Namespace, stats: Stats, index: int) -> None:
        self.identity: str = options.id_template.format(i=index)
        self.send: Callable[[bytes], None] = _nowhere
        self.action = ""
        self.boot_done: asyncio.Future[str] | None = None
        self.is_closed = self.is_running = False
        self._options, self._stats = options, stats
        self._random = random.Random(index * 7919 + options.seed)
        self._number = 0
        self._message_id: str | None = None
        self._sent_at = self._due = self._next_due = 0.0
        self._meter_wh = index
        self._said_wh = 0
        """The register in the message under way."""
        self._in_transaction: str | int | None = None
        self._updates = 0
        self._charge: Charge | None = None
        self._charges: list[Charge] = []

    # ---- the ledger

    @property
    def is_waiting(self) -> bool:
        """Whether a CALL has no answer yet."""
        return self._message_id is not None and not self.is_closed

    def waits_since(self, now: float) -> float:
        return now - self._sent_at if self.is_waiting else 0.0

    def ledger(self) -> Payload:
        """Its transactions, and the message that was never answered, if there is one."""
        return {
            "charges": [charge.to_json() for charge in self._charges],
            "unanswered": None if self._message_id is None else self.action,
        }

    def _acknowledged(self, answer: Payload) -> None:
        """The CSMS has answered the message under way with a result."""
        if self.action == "StartTransaction":
            status = str((answer.get("idTagInfo") or {}).get("status"))
            self._stats.tags[status] += 1
            transaction_id = answer.get("transactionId")
            self._open_charge(str(transaction_id))
            is_wanted = status == "Accepted" or self._options.ignore_tag_status
            self._in_transaction = transaction_id if is_wanted else None
            self._updates = 0
        elif self.action == "TransactionEvent":
            self._transaction_event_acknowledged()
        elif self.action == "StopTransaction":
            self._close_charge()
        elif self.action == "MeterValues":
            if self._charge is not None and self._options.version == "1.6":
                self._charge.register_wh = self._said_wh
        elif self.action == "BootNotification":
            self._stats.boots[str(answer.get("status"))] += 1

    def _transaction_event_acknowledged(self) -> None:
        if self._updates == 0:
            self._open_charge(str(self._in_transaction))
        elif self._updates > self._options.tx_updates:
            self._close_charge()
        elif self._charge is not None:
            self._charge.register_wh = self._said_wh

    def _open_charge(self, transaction_id: str) -> None:
        self._charge = Charge(transaction_id, self._said_wh)
        self._charges.append(self._charge)

    def _close_charge(self) -> None:
        if self._charge is not None:
            self._charge.register_wh = self._charge.meter_stop_wh = self._said_wh
        self._charge, self._in_transaction, self._updates = None, None, 0

    # ---- what it says

    def _template(self, kind: str) -> bytes | None:
        """The frequent message of 1.6 in one step; None: build it."""
        if self._options.version != "1.6" or kind not in ("meter", "transaction"):
            return None
        if kind == "transaction":
            if self._in_transaction is None or self._updates >= self._options.tx_updates:
                return None
            self._updates += 1
        self._meter_wh += WH_PER_SAMPLE
        self._said_wh = self._meter_wh
        transaction = b'"transactionId":%d,' % self._in_transaction if self._in_transaction is not None else b""
        assert self._message_id is not None
        return METER_TEMPLATE % (self._message_id.encode(), transaction, timestamp().encode(), self._meter_wh)

    def _build(self, kind: str) -> tuple[str, Payload]:
        is_v16 = self._options.version == "1.6"
        if kind == "boot":
            return "BootNotification", self._boot_v16() if is_v16 else self._boot_v2()
        if kind == "heartbeat":
            return "Heartbeat", {}
        if kind == "status":
            return "StatusNotification", self._status_v16() if is_v16 else self._status_v2()
        self._meter_wh += WH_PER_SAMPLE
        self._said_wh = self._meter_wh
        if is_v16:
            return self._transaction_v16()
        meter_value = [{"timestamp": timestamp(), "sampledValue": sampled_values("2", self._meter_wh)}]
        if kind == "meter":
            return "MeterValues", {"evseId": 1, "meterValue": meter_value}
        return "TransactionEvent", {**self._transaction_v2(), "meterValue": meter_value}

    def _boot_v16(self) -> Payload:
        return {
            "chargePointVendor": "LoadCo",
            "chargePointModel": "LoadModel-22",
            "chargePointSerialNumber": self.identity[:25],
            "firmwareVersion": "1.4.2",
            "iccid": "8931440301234567890",
            "imsi": "204046700123456",
            "meterType": "MID-3P",
            "meterSerialNumber": f"MSN{self.identity[:20]}",
        }

    def _boot_v2(self) -> Payload:
        return {
            "reason": "PowerUp",
            "chargingStation": {
                "model": "LoadModel-22",
                "vendorName": "LoadCo",
                "serialNumber": self.identity[:25],
                "firmwareVersion": "1.4.2",
                "modem": {"iccid": "8931440301234567890", "imsi": "204046700123456"},
            },
        }

    def _status_v16(self) -> Payload:
        status = "Available" if self._in_transaction is None else "Charging"
        return {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": timestamp()}

    def _status_v2(self) -> Payload:
        status = "Available" if self._in_transaction is None else "Occupied"
        return {"timestamp": timestamp(), "connectorStatus": status, "evseId": 1, "connectorId": 1}

    def _transaction_v16(self) -> tuple[str, Payload]:
        """A start, or a stop: what comes between is METER_TEMPLATE."""
        tag, at = self._options.id_tag, timestamp()
        if self._in_transaction is None:
            start = {"connectorId": 1, "idTag": tag, "meterStart": self._meter_wh, "timestamp": at}
            return "StartTransaction", start
        stop = {"transactionId": self._in_transaction, "meterStop": self._meter_wh, "timestamp": at}
        return "StopTransaction", {**stop, "reason": "Local", "idTag": tag}

    def _transaction_v2(self) -> Payload:
        options = self._options
        more: Payload = {}
        if self._in_transaction is None:
            self._updates = 0
            self._in_transaction = f"{options.run}-{self.identity}-{len(self._charges)}"[-36:]
            event, trigger, state = "Started", "CablePluggedIn", "EVConnected"
            more = {"idToken": {"idToken": options.id_tag, "type": "ISO14443"}}
        else:
            self._updates += 1
            event, trigger, state = "Updated", "MeterValuePeriodic", "Charging"
        transaction = {"transactionId": self._in_transaction, "chargingState": state}
        if self._updates > options.tx_updates:
            event, trigger = "Ended", "EVDeparted"
            transaction |= {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
        return {
            "eventType": event,
            "timestamp": timestamp(),
            "triggerReason": trigger,
            "seqNo": self._updates,
            "transactionInfo": transaction,
            "evse": {"id": 1, "connectorId": 1},
            **more,
        }

    # ---- the CALL cycle

    def call(self, kind: str = "", due: float | None = None) -> None:
        """Send a message: of this kind, or of one drawn from the mix."""
        self._number += 1
        self._message_id = f"{self._options.run}{self._number:012d}"
        kind = kind or self._options.sequence[int(self._random.random() * 1024)]
        raw = self._template(kind)
        if raw is not None:
            self.action = "MeterValues"
        else:
            self.action, payload = self._build(kind)
            raw = encode([2, self._message_id, self.action, payload])
        self._sent_at = time.perf_counter()
        self._due = self._sent_at if due is None else due
        self._stats.sent += 1
        self.send(raw)

    def received(self, raw: bytes) -> None:
        """A message of the server."""
        now = time.perf_counter()
        try:
            message = decode(raw)
            kind = message[0]
        except (msgspec.DecodeError, IndexError, TypeError):
            self._stats.note_error("bad_json", repr(raw[:200]))
            return
        if kind == 2:
            self._answer(message)
            return
        if kind not in (3, 4) or message[1] != self._message_id:
            self._stats.note_error("unexpected_id", repr(raw[:200]))
            return
        if kind == 4:
            self._stats.note_error(f"callerror:{message[2]}", f"{self.action}: {raw[:200]!r}")
            if self.action == "StopTransaction":
                self._charge, self._in_transaction, self._updates = None, None, 0
            status = "CALLERROR"
        else:
            self._acknowledged(message[2])
            self._measure(now)
            status = str(message[2].get("status"))
        self._message_id = None
        if self.boot_done is not None and not self.boot_done.done():
            self.boot_done.set_result(status)
        if self.is_running:
            self._schedule()

    def _measure(self, now: float) -> None:
        stats = self._stats
        if now < stats.t_start:
            return
        stats.answered += 1
        stats.ok += now <= stats.t_end
        stats.actions[self.action] += 1
        stats.latencies.append((now - self._sent_at) * 1e3)
        if not self._options.closed_loop:
            stats.latencies_due.append((now - self._due) * 1e3)

    def _answer(self, message: list[Any]) -> None:
        """A CALL of the server."""
        _, message_id, action, payload = message
        self._stats.server_calls[action] += 1
        answer = _ANSWERS.get(action)
        if answer is None:
            self.send(encode([4, message_id, "NotImplemented", "", {}]))
        else:
            self.send(encode([3, message_id, answer(payload)]))

    # ---- when it speaks

    def start(self, at: float) -> None:
        """Begin to speak, at a random moment soon after `at`."""
        self.is_running = True
        options = self._options
        spread_s = min(0.2, max(options.think, 0.02)) if options.closed_loop else options.interval
        self._next_due = at + self._random.random() * spread_s
        self._fire_at(self._next_due)

    def _fire_at(self, when: float) -> None:
        asyncio.get_running_loop().call_later(max(when - time.perf_counter(), 0), self._fire)

    def _fire(self) -> None:
        if self.is_closed or self._message_id is not None or time.perf_counter() >= self._stats.t_end:
            return
        due = None
        if not self._options.closed_loop:
            due, self._next_due = self._next_due, self._next_due + self._options.interval
        self.call(due=due)

    def _schedule(self) -> None:
        if not self._options.closed_loop:
            self._fire_at(self._next_due)
        elif self._options.think:
            self._fire_at(time.perf_counter() + self._options.think)
        else:
            self._fire()

    def lost(self, why: str) -> None:
        """The connection is gone."""
        if self.is_closed:
            return
        self.is_closed = True
        if not self._stats.is_ending:
            self._stats.note_error("disconnect", f"{self.identity}: {why}")
        if self.boot_done is not None and not self.boot_done.done():
            self.boot_done.set_result("LOST")


def _nowhere(raw: bytes) -> None:
    raise ConnectionError("not connected")


def _unknown_variables(request: str, result: str) -> Callable[[Payload], Payload]:
    def answer(payload: Payload) -> Payload:
        return {
            result: [
                {"attributeStatus": "UnknownVariable", "component": row["component"], "variable": row["variable"]}
                for row in payload.get(request, [])
            ]
        }

    return answer


def _status(status: str) -> Callable[[Payload], Payload]:
    return lambda payload: {"status": status}


_ANSWERS: dict[str, Callable[[Payload], Payload]] = {
    "GetVariables": _unknown_variables("getVariableData", "getVariableResult"),
    "SetVariables": _unknown_variables("setVariableData", "setVariableResult"),
    "GetConfiguration": lambda payload: {"configurationKey": [], "unknownKey": payload.get("key", [])},
    "GetLocalListVersion": lambda payload: {"listVersion": 0},
    "ClearChargingProfile": _status("Unknown"),
    "GetBaseReport": _status("NotSupported"),
    "GetReport": _status("NotSupported"),
    "DataTransfer": _status("UnknownVendorId"),
    "ClearCache": _status("Accepted"),
    **{
        action: _status("Rejected")
        for action in ("ChangeConfiguration", "TriggerMessage", "SetChargingProfile", "Reset", "ChangeAvailability")
    },
}
