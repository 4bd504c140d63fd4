"""Settings of the directory module."""

from typing import Literal, Self

from pydantic import Field, model_validator

from voltway.kernel.module import Settings

URL = r"^(https?://[^\s\"'<>\\;,]+|/[^\s\"'<>\\;,]*)?$"
"""An address, or a path on this server."""


class DirectorySettings(Settings):
    """`directory.…`"""

    read_again_s: int = Field(default=600, ge=10, le=86_400)
    """So often all locations are read again, whatever has been told of them."""
    charges_days: int = Field(default=7, ge=1, le=90)
    """How far back the success of an EVSE is counted."""
    charges_again_s: int = Field(default=300, ge=10, le=86_400)
    """How old that may be."""

    prices_again_s: int = Field(default=600, ge=10, le=86_400)
    """How old the prices may be by which places are found; they are read again at once when another tariff is assigned."""

    map_style_url: str = Field(default="", max_length=500, pattern=URL)
    """A style of MapLibre that draws the ground of the map. Empty, like the next: the map that comes with Voltway, which asks nobody."""
    map_tiles_url: str = Field(default="", max_length=500, pattern=URL)
    """Pictures of the ground, `https://…/{z}/{x}/{y}.png`."""
    map_tiles_zoom_max: int = Field(default=19, ge=1, le=24)
    map_pmtiles_url: str = Field(default="", max_length=500, pattern=URL)
    """One file with pictures of the ground (PMTiles), on a server that gives parts of files."""
    map_attribution: str = Field(default="", max_length=300)
    """Whose map it is: shown on it."""
    map_origins: tuple[str, ...] = ()
    """Further servers from which the style fetches its parts: `https://tiles.example.org`."""

    geocoder: Literal["", "photon", "nominatim"] = ""
    """Who is asked where something is; empty: only the towns that come with Voltway are known."""
    geocoder_url: str = Field(default="", max_length=500, pattern=r"^(https?://[^\s\"'<>\\]+)?$")
    geocoder_timeout_s: float = Field(default=3, gt=0, le=30)
    geocoder_per_s: float = Field(default=1, gt=0, le=1000)
    """So many requests a second are sent, by this process; for what is beyond, the towns must do."""
    geocoder_kept_s: int = Field(default=86_400, ge=0, le=30 * 86_400)
    """How long an answer is kept."""
    geocoder_attribution: str = Field(default="© OpenStreetMap contributors", max_length=300)

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.geocoder and not self.geocoder_url:
            raise ValueError("geocoder needs geocoder_url")
        if sum(map(bool, (self.map_style_url, self.map_tiles_url, self.map_pmtiles_url))) > 1:
            raise ValueError("one of map_style_url, map_tiles_url and map_pmtiles_url is enough")
        return self
