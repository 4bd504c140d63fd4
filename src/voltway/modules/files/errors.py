"""What can go wrong here, in a form that the caller can understand."""

from __future__ import annotations

from voltway.kernel.errors import InvalidField, NotFound, Problem


class StationNotFound(NotFound):
    """No such charging station, or somebody else's."""

    title = "Charging station not found"


class ImageNotFound(NotFound):
    """No such firmware image, or somebody else's."""

    title = "Firmware image not found"


class FileNotFound(NotFound):
    """No such file of this station."""

    title = "File not found"


class JobNotFound(NotFound):
    """No such file job, or somebody else's."""

    title = "File job not found"


class ImageIncomplete(Problem):
    """The image's content has not come yet."""

    status = 409
    title = "Firmware image has no content yet"


class ImageComplete(Problem):
    """An image never changes: upload another one."""

    status = 409
    title = "Firmware image has its content already"


class ImageInUse(Problem):
    """A station may be fetching it."""

    status = 409
    title = "Firmware image is being fetched"


class ImageTooLarge(Problem):
    """More than the setting files.image_bytes_max."""

    status = 413
    title = "Firmware image is too large"


class ChecksumWrong(InvalidField):
    """What came is not what was announced."""

    title = "Checksum does not match"


class SignatureWrong(InvalidField):
    """The maker has not signed this."""

    title = "Signature does not hold"


class CertificateUnreadable(InvalidField):
    """What was given is no certificate."""

    title = "Certificate cannot be read"


class MakerNotFound(NotFound):
    """No such certificate of a maker, or somebody else's."""

    title = "Certificate not found"


class FirmwareOlder(Problem):
    """The station has a newer version: going back opens what was closed since. Order it with `force` and a `reason`."""

    status = 409
    title = "Firmware is older than what is installed"


class WayNotOpen(Problem):
    """The settings do not open this way."""

    status = 409
    title = "Files are not served in this way"
