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
