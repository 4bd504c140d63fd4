"""Files: firmware that stations fetch, logs that they bring, and how they get on with it.

Owns: firmware images (described and uploaded through the API, signed by their vendor or by us), file jobs (one for each order
about a file, with every status that the station has told), the logs that stations have brought. The files themselves are in
the data directory, or in the folder that the settings name; each is called by an id of ours and never by a name of others.

For stations, outside of /api/v1: `PUT` or `POST /files/up/{token}` and `GET /files/down/{token}` over HTTP, or HTTPS through
the proxy that the setting `files.url` names. A token belongs to one order to one station, expires, and ends with its order:
after one whole upload, and for a download once the station has said that it has the file; until then it may resume (Range).
A station that says who it is (HTTP Basic) must be the one; the order `get_log` with `with_login` demands it. FTP, FTPS and
SFTP are not served here: an order may name such a place (`location`), and its job is followed all the same.

Records (batches): `ReportJobAnswer`, `ReportJobStatus`. A status is bound to its order by its number, or is about the latest
order of its kind. What may follow what is a table (rules.FOLLOWS); a status out of turn is kept and marked, never refused.

Answers: `PrepareJob`, `FindImageChecksum`. Asks: `FindStations`, `FindCredential`, `SignFirmware`. Publishes nothing.
"""

from voltway.contracts.files import FindImageChecksum, PrepareJob, ReportJobAnswer, ReportJobStatus
from voltway.kernel.module import Job, Manifest
from voltway.modules.files import api, device_api, handlers, preparing
from voltway.modules.files.settings import FilesSettings

MANIFEST = Manifest(
    name="files",
    settings=FilesSettings,
    answers={
        PrepareJob: preparing.prepare_job,
        FindImageChecksum: preparing.find_image_checksum,
    },
    batches={
        ReportJobAnswer: handlers.JobAnswerHandler,
        ReportJobStatus: handlers.JobStatusHandler,
    },
    routes=lambda: (api.router,),
    device_routes=lambda: (device_api.router,),
    jobs=(Job("forget_old_files", 3600.0, handlers.forget_old),),
)
