"""Files: firmware that stations fetch, logs that they bring, and how they get on with it.

Owns: firmware images (described and uploaded through the API, signed by their vendor or by us), file jobs (one for each order
about a file, with every status that the station has told), the logs that stations have brought. The files themselves are in
the data directory, or in the folder that the settings name; each is called by an id of ours and never by a name of others.

For stations, outside of /api/v1: `PUT` or `POST /files/up/{token}` and `GET /files/down/{token}` over HTTP, or HTTPS through
the proxy that the setting `files.url` names. A token belongs to one order to one station, expires, and ends with its order:
after one whole upload, and for a download once the station has said that it has the file; until then it may resume (Range).
A station that says who it is (HTTP Basic) must be the one; the order `get_log` with `with_login` demands it. Where the settings
open them, FTP, FTPS and SFTP too (order `transfer`): there the station's identity is the name and the token the password, and a
connection sees one folder with what its order is about (visits.py). An order may name any other place (`location`); its job is
followed all the same.

Records (batches): `ReportJobAnswer`, `ReportJobStatus`. A status is bound to its order by its number, or is about the latest
order of its kind. What may follow what is a table (rules.FOLLOWS); a status out of turn is kept and marked, never refused.

Answers: `PrepareJob`, `FindImageChecksum`, `FindFirmwareEnds`. Asks: `FindStations`, `FindCredential`, `SignFirmware`. Listens to: `FileOrderEnded` (an
order of which nothing comes ends its job and its address). Publishes nothing.

A maker's signature is checked when an image is uploaded, where the operator has stored a certificate of the maker; an image that
is older than what a station has installed is ordered with `force` and a reason only.
"""

from voltway.contracts.files import (
    FileOrderEnded,
    FindFirmwareEnds,
    FindImageChecksum,
    PrepareJob,
    ReportJobAnswer,
    ReportJobStatus,
)
from voltway.contracts.station_link import ReportNotRecorded
from voltway.kernel.module import Job, Manifest
from voltway.modules.files import api, device_api, doors, ends, handlers, maker_api, preparing, visits
from voltway.modules.files.settings import FilesSettings

MANIFEST = Manifest(
    name="files",
    settings=FilesSettings,
    answers={
        PrepareJob: preparing.prepare_job,
        FindImageChecksum: preparing.find_image_checksum,
        FindFirmwareEnds: ends.find_firmware_ends,
    },
    publishes=(ReportNotRecorded,),
    batches={
        ReportJobAnswer: handlers.JobAnswerHandler,
        ReportJobStatus: handlers.JobStatusHandler,
    },
    listens={FileOrderEnded: handlers.on_order_ended},
    routes=lambda: (api.router, maker_api.router),
    device_routes=lambda: (device_api.router,),
    jobs=(
        Job("forget_old_files", 3600.0, handlers.forget_old, everywhere=True),
        Job("forget_old_visits", 3600.0, visits.forget_old, everywhere=True),
    ),
    start=doors.start,
    stop=doors.stop,
)
