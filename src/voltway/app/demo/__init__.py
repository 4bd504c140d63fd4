"""The demo network: `voltway run --demo`. It lives in a database of its own, which says of itself that it is a demo."""

from voltway.app.demo.network import LOG_INS as LOG_INS
from voltway.app.demo.network import PASSWORD as PASSWORD
from voltway.app.demo.playing import DEMO_DATA_DIR as DEMO_DATA_DIR
from voltway.app.demo.playing import for_demo as for_demo
from voltway.app.demo.playing import playing as playing
