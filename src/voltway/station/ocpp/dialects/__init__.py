"""One file per protocol version; the station's behaviour knows them only by this table."""

from __future__ import annotations

from voltway.station.ocpp.dialect import Dialect
from voltway.station.ocpp.dialects.ocpp16 import Ocpp16
from voltway.station.ocpp.dialects.ocpp21 import Ocpp21
from voltway.station.ocpp.dialects.ocpp201 import Ocpp201

DIALECTS: dict[str, Dialect] = {dialect.subprotocol: dialect for dialect in (Ocpp16(), Ocpp201(), Ocpp21())}
