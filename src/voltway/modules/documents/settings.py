"""Settings of the documents module."""

from pydantic import Field

from voltway.kernel.module import Settings


class DocumentsSettings(Settings):
    """`documents.…`"""

    link_url: str = Field("", max_length=300, pattern=r"^(https?://[^\s?#]+)?$")
    """Where the pages of receipts are, if not at `http.public_url`: the links in mails begin with it, then comes `/r/`."""
    sends_receipts: bool = True
    """Whether drivers with an account get each receipt by mail."""
    pdfs_kept: int = Field(200, ge=1, le=10_000)
    """So many PDFs are kept in memory; of those that are not, one is drawn anew (20 to 200 ms)."""
    orders_per_round: int = Field(200, ge=1, le=5000)
    """So many documents are made in one round of the job, of which there is one a second."""
