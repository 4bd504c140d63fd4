"""Bodies of the stations module's API."""

from voltway.modules.stations.schemas.commands import AnyOrder as AnyOrder
from voltway.modules.stations.schemas.commands import CommandOut as CommandOut
from voltway.modules.stations.schemas.commands import read_order as read_order
from voltway.modules.stations.schemas.locations import LocationIn as LocationIn
from voltway.modules.stations.schemas.locations import LocationOut as LocationOut
from voltway.modules.stations.schemas.locations import LocationPatch as LocationPatch
from voltway.modules.stations.schemas.order import Order as Order
from voltway.modules.stations.schemas.stations import StationCreated as StationCreated
from voltway.modules.stations.schemas.stations import StationIn as StationIn
from voltway.modules.stations.schemas.stations import StationOut as StationOut
from voltway.modules.stations.schemas.stations import StationPatch as StationPatch
from voltway.modules.stations.schemas.stations import VariableOut as VariableOut
from voltway.modules.stations.schemas.stations import station_out as station_out
from voltway.modules.stations.schemas.stations import variable_out as variable_out
