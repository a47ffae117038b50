"""Run by every process of a server whose PYTHONPATH names this folder (`served.Rows`): small pairs are whole scenes.

Each finished row of tiles is a line of the file `finished`. After the rows whose numbers stand in the file `hold` a job waits
until they are gone from it, so that a test can kill or cancel it there.
"""

import os
import time
from pathlib import Path

from chronosight.engines.compact.large.store import Store
from chronosight.scenes.large import choose

FOLDER = Path(os.environ["TEST_ROWS"])
ROW_SECONDS = 0.2  # of a row of tiles, so that its progress is seen
finish_row = Store.finish_row


def finish_and_wait(store, carry, changed):
    finish_row(store, carry, changed)
    with (FOLDER / "finished").open("a") as rows:
        rows.write(f"{store.rows_done}\n")
    time.sleep(ROW_SECONDS)
    while str(store.rows_done) in (FOLDER / "hold").read_text().split():
        time.sleep(0.05)


choose.LARGE_PIXELS = int(os.environ["TEST_LARGE_PIXELS"])
Store.finish_row = finish_and_wait
