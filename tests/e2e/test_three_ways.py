"""S3.6: the lateness of a daemon changes no outcome: a library, a daemon that is killed, and a replay elsewhere give equal digests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from adapters.bundle import read_bundle
from adapters.store.sql import SqlStore
from tests.e2e.three_ways import END, START, STORIES
from workflow.act import Act
from workflow.errors import DubanError
from workflow.moment import stamp
from workflow.monitor import MONITOR, STARTED
from workflow.outbox import SWEPT
from workflow.replay import replay_cases

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")

ROOT = Path(__file__).parents[2]
COMPARED = ("digest", "obligations", "deviations", "unlisted")
"""Of the reports of two replays; how many events were read differs, for it counts what was said too."""
QUICK = ("holiday",)
"""The stories of every run; the others are for the slow one."""
ELSEWHERE = {"TZ": "America/St_Johns", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "4242", "DUBAN_LANG": "en"}


def started(folder: Path, role: str, story: str, db: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.e2e.three_ways", role, story, str(folder / db), str(folder / "clock")]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def done(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def swept(folder: Path) -> str:
    store = SqlStore.open(f"sqlite:///{folder / 'daemon.db'}?timeout=30")
    try:
        with store.read() as view:
            return view.mark(SWEPT)
    finally:
        store.close()


def watches(folder: Path) -> int:
    """How often a daemon took up the watch."""
    try:
        store = SqlStore.open(f"sqlite:///{folder / 'daemon.db'}?timeout=30", create=False)
    except DubanError:  # the people have not made it yet
        return 0
    try:
        with store.read() as view:
            return sum(e.kind == STARTED for e in view.entries(MONITOR))
    finally:
        store.close()


def watching(folder: Path, story: str) -> subprocess.Popen[str]:
    """A daemon that has taken up the watch."""
    starts = watches(folder)
    watch = started(folder, "watch", story, "daemon.db")
    for _ in range(300):
        if watches(folder) > starts:
            return watch
        time.sleep(0.1)
    watch.kill()
    raise AssertionError(watch.communicate()[1])


def told_to_a_daemon(folder: Path, story: str) -> None:
    """A daemon beside people: killed twice and away for a while each time, it does what is left when it comes back."""
    (folder / "clock").write_text(START.isoformat(), encoding="ascii")
    people = started(folder, "client", story, "daemon.db")
    for away in (0.3, 1.0):
        watch = watching(folder, story)
        time.sleep(0.4)
        watch.kill()
        watch.communicate()
        time.sleep(away)
    watch = watching(folder, story)
    done(people)
    for _ in range(300):
        if swept(folder) >= stamp(END):
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the daemon never comes to the end")
    watch.terminate()
    done(watch)


def replayed(folder: Path, db: str) -> dict[str, Any]:
    """Exported, and replayed by another process in another zone, language and hash seed."""
    duban, bundle = [sys.executable, "-m", "cli"], folder / f"{db}.jsonl"
    words = [*duban, "audit", "export", "-o", str(bundle), "--as-of", END.isoformat(), "--db", str(folder / db)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    words = [*duban, "replay", str(bundle), "--as-of", END.isoformat(), "--json"]
    out = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, **ELSEWHERE}).stdout
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize("story", [s if s in QUICK else pytest.param(s, marks=pytest.mark.slow) for s in STORIES])
def test_s3_6_a_library_a_daemon_and_a_replay_come_to_the_same_digests(story: str, tmp_path: Path) -> None:
    done(started(tmp_path, "library", story, "library.db"))
    told_to_a_daemon(tmp_path, story)
    library, daemon = (json.loads(done(started(tmp_path, "digests", story, f"{db}.db"))) for db in ("library", "daemon"))
    assert library["left"] == daemon["left"] == 0, "everything was said"
    assert library["cases"] == daemon["cases"] != {}
    assert max(daemon["lags"]) > max(library["lags"]), "the daemon was late, and says so"
    report = replayed(tmp_path, "daemon.db")
    other = replayed(tmp_path, "library.db")
    assert [report[k] for k in COMPARED] == [other[k] for k in COMPARED]
    found = read_bundle(tmp_path / "daemon.db.jsonl")
    cases = [(case, [Act.decode(e) for e in entries]) for case, entries in found.cases]
    here = replay_cases(cases, found.rules, found.calendars, found.organisation(END), END)
    assert (here.cases, here.digest) == (daemon["cases"], report["digest"])
    assert watches(tmp_path) == 3, "it was killed twice, and started again"
