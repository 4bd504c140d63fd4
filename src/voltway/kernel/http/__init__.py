"""REST: the application that serves all modules' routes, and what those routes are made of."""

from voltway.kernel.http.answers import instant_out as instant_out
from voltway.kernel.http.answers import json_answer as json_answer
from voltway.kernel.http.answers import money_out as money_out
from voltway.kernel.http.answers import page_answer as page_answer
from voltway.kernel.http.app import create_app as create_app
from voltway.kernel.http.dependencies import open_tx as open_tx
from voltway.kernel.http.dependencies import read_tx as read_tx
from voltway.kernel.http.dependencies import runtime_of as runtime_of
from voltway.kernel.http.etag import VersionChanged as VersionChanged
from voltway.kernel.http.etag import etag_of as etag_of
from voltway.kernel.http.etag import require_match as require_match
from voltway.kernel.http.idempotency import keep_answer as keep_answer
from voltway.kernel.http.paging import PageQuery as PageQuery
from voltway.kernel.http.paging import page_query as page_query
from voltway.kernel.http.schema import Instant as Instant
from voltway.kernel.http.schema import MoneyOut as MoneyOut
from voltway.kernel.http.schema import Page as Page
from voltway.kernel.http.schema import Schema as Schema
from voltway.kernel.http.schema import TimeZone as TimeZone
from voltway.kernel.http.streaming import streams_body as streams_body
