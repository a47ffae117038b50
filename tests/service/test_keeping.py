"""What the data folder holds, and for how long."""

import sqlite3
import time
from contextlib import closing

from chronosight.service.settings import Settings
from chronosight.service.store import Store
from chronosight.service.supervisor import DAY, Supervisor


def aged(store, table, column, key, days):
    with closing(sqlite3.connect(store.data / "service.db")) as connection, connection:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (time.time() - days * DAY, key))


def finished(store, scene, days):
    job = store.add_job(scene, "describe", {}, 5)
    store.claim(1)
    store.files_of(job).mkdir(parents=True)
    assert store.finish(job.id, "done", None, [], [])
    aged(store, "jobs", "finished", job.id, days)
    return job


def test_what_is_older_than_keep_days_is_removed_with_its_files(tmp_path):
    store = Store(tmp_path)
    for name in ("used", "old", "new", "waits"):
        store.add_scene(name, {"id": name})
        (store.scenes / name).mkdir()
        aged(store, "scenes", "created", name, 1 if name == "new" else 9)
    old, young = finished(store, "old", 8), finished(store, "used", 6)
    waiting = store.add_job("waits", "describe", {}, 5)
    aged(store, "jobs", "created", waiting.id, 9)
    assert store.expire(time.time() - 7 * DAY) == (1, 1)
    assert store.job(old.id) is None and not (store.jobs / old.id).exists()
    assert store.scene("old") is None and not (store.scenes / "old").exists()
    assert store.files_of(young).is_dir() and store.job(waiting.id).state == "queued"
    assert all(store.scene(name) and (store.scenes / name).is_dir() for name in ("used", "new", "waits"))


def test_a_scene_that_is_added_again_is_kept(tmp_path):
    store = Store(tmp_path)
    store.add_scene("a", {"id": "a"})
    aged(store, "scenes", "created", "a", 9)
    assert store.known_scene("a") == {"id": "a"} and store.known_scene("b") is None
    assert store.expire(time.time() - 7 * DAY) == (0, 0)


def test_a_server_cleans_up_as_it_starts(tmp_path, monkeypatch):
    """With keep_days; without, only uploads go that were never complete."""
    monkeypatch.setattr(Supervisor, "_spawn", lambda self: None)
    store = Store(tmp_path)
    store.add_scene("a", {"id": "a"})
    aged(store, "scenes", "created", "a", 9)
    for keep, left in ((None, {"id": "a"}), (30.0, {"id": "a"}), (7.0, None)):
        (store.incoming / "upload").mkdir()
        supervisor = Supervisor(Settings(tmp_path, workers=0, keep_days=keep))
        supervisor.start()
        end = time.monotonic() + 10
        while keep == 7.0 and store.scene("a") and time.monotonic() < end:
            time.sleep(0.02)
        supervisor.stop()
        assert store.scene("a") == left and not list(store.incoming.iterdir())
