"""The health port: each path answers 200 while what it stands for holds, 503 with the reason when it does not."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from adapters.calendars import shipped
from adapters.config.model import Health as Settings
from adapters.daemon import metrics as module
from adapters.daemon.health import Health
from adapters.daemon.metrics import Metrics, NoMetrics, lags, metrics
from adapters.daemon.pulse import Pulse, State
from adapters.host import FixedClock, SystemEntropy
from adapters.store.sql import SqlStore
from adapters.vitals import Reading, Vitals, measure, unwritable
from tests.play import PROBE, Play
from workflow.engine import Engine
from workflow.errors import ConfigError, MissingExtra, StoreUnavailable
from workflow.procedure.load import load
from workflow.text import same

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 9, 24, 2, 0, tzinfo=UTC)
WELL = State(started=NOW - timedelta(hours=1), swept_at=NOW, took=0.25, sweeps=7, cases=9, failures=2)


class Machine:
    """A health port with everything in order, and handles to put things out of order."""

    def __init__(self) -> None:
        self.pulse, self.now = Pulse(WELL), NOW
        self.reason: str | None = None
        self.days = 100
        self.health: Health | None = None

    def open(self, told: Any = None, **options: Any) -> Machine:
        settings = Settings(listen="127.0.0.1:0", **options)
        reason: Callable[[], Any] = lambda: same(self.reason) if self.reason else None  # noqa: E731
        self.health = Health(settings, self.pulse, 30, lambda: self.now, reason, lambda: self.days, told or NoMetrics())
        self.health.start()
        return self

    def ask(self, path: str, method: str = "GET") -> tuple[int, Mapping[str, str], bytes]:
        assert self.health is not None
        connection = HTTPConnection("127.0.0.1", self.health.port, timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()


@pytest.fixture
def machine() -> Iterator[Machine]:
    found = Machine()
    yield found
    if found.health is not None:
        found.health.stop()


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz/sweep"])
def test_all_is_well(machine: Machine, path: str) -> None:
    status, headers, body = machine.open().ask(path)
    assert status == 200
    assert json.loads(body)["ok"] is True
    assert headers["Content-Type"].startswith("application/json") and headers["Cache-Control"] == "no-store"
    assert machine.ask(path, "HEAD")[::2] == (200, b"")


def test_not_ready_while_the_store_cannot_be_written(machine: Machine) -> None:
    machine.reason = "disk full"
    status, _, body = machine.open().ask("/readyz")
    assert (status, json.loads(body)["checks"]) == (503, {"store": "disk full", "calendar": None})
    assert machine.ask("/livez")[0] == 200


@pytest.mark.parametrize(("days", "wanted", "status"), [(90, 90, 200), (89, 90, 503), (-3, 90, 503), (-3, 0, 200), (10, 10, 200)])
def test_ready_only_with_enough_calendar(machine: Machine, days: int, wanted: int, status: int) -> None:
    machine.days = days
    assert machine.open(calendar_days=wanted).ask("/readyz")[0] == status


@pytest.mark.parametrize(
    ("changed", "age", "status"),
    [
        ({}, 59.9, 200),
        ({}, 60, 503),
        ({"swept_at": None}, 0, 503),
        ({"swept_at": None, "standby": True}, 0, 200),
    ],
)
def test_the_last_completed_sweep_must_be_younger_than_two_intervals(machine: Machine, changed: Any, age: float, status: int) -> None:
    machine.pulse.note(**changed)
    machine.now = NOW + timedelta(seconds=age)
    assert machine.open().ask("/healthz/sweep")[0] == status


def test_the_probe_that_writes_is_not_made_for_every_question(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    machine.open()
    assert machine.health is not None
    monkeypatch.setattr(machine.health, "_unwritable", lambda: asked.append(1))
    for _ in range(5):
        assert machine.ask("/readyz")[0] == 200
    assert asked == [1]


def test_another_path_is_not_found_and_nothing_can_be_sent(machine: Machine) -> None:
    assert machine.open().ask("/")[0] == 404
    assert machine.ask("/livez/../etc/passwd")[0] == 404
    assert machine.ask("/livez", "POST")[0] == 501
    assert machine.ask("/livez?x=1")[0] == 200


def test_a_client_that_says_nothing_holds_up_no_other(machine: Machine) -> None:
    machine.open()
    assert machine.health is not None
    with socket.create_connection(("127.0.0.1", machine.health.port)):
        assert machine.ask("/livez")[0] == 200


def test_the_port_is_on_the_loopback_even_if_the_settings_were_made_without_a_check(machine: Machine) -> None:
    loose = Settings.model_construct(listen="0.0.0.0:0", expose=False, calendar_days=90)
    with pytest.raises(ConfigError):
        Health(loose, machine.pulse, 30, lambda: NOW, lambda: None, lambda: 100, NoMetrics())
    exposed = Health(Settings(listen="0.0.0.0:0", expose=True), machine.pulse, 30, lambda: NOW, lambda: None, lambda: 100, NoMetrics())
    assert exposed.port > 0
    exposed.stop()


def test_a_port_that_is_taken_is_a_typed_error(machine: Machine) -> None:
    machine.open()
    assert machine.health is not None
    with pytest.raises(ConfigError):
        Health(Settings(listen=f"127.0.0.1:{machine.health.port}"), machine.pulse, 30, lambda: NOW, lambda: None, lambda: 1, NoMetrics())


# metrics


def samples(text: bytes) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Play]:
    """A case of the probe in a store on disk, opened at 10:00."""
    store = SqlStore.open(f"sqlite:///{tmp_path / 'office.db'}")
    engine = Engine(store, FixedClock(NOW), SystemEntropy(), shipped("cn"), "test")
    engine.add(load(PROBE.read_bytes(), "probe.yaml"))
    play = Play("probe", engine=engine).at("09-24 10:00")
    engine.tick()
    play.open("desk", {"grade": "high"})
    yield play
    engine.close()


def test_figures_of_a_real_store(office: Play, machine: Machine) -> None:
    office.at("10-24 10:00")
    told = Metrics(machine.pulse, Reading(lambda: measure(office.engine)))
    before = samples(told.text())
    assert before["duban_store_up"] == 1
    assert before["duban_obligations{state=open}"] >= before["duban_obligations{state=overdue}"] > 0
    assert before["duban_oldest_overdue_seconds"] > 86400
    assert before["duban_oldest_duty_seconds"] > 86400
    assert before["duban_sweep_last_success_timestamp_seconds"] == NOW.timestamp()
    assert (before["duban_sweeps_total"], before["duban_sweep_failures_total"], before["duban_sweep_duration_seconds"]) == (7, 2, 0.25)
    assert before["duban_calendar_days_left"] == (datetime(2026, 12, 31) - datetime(2026, 10, 24)).days
    for part in office.engine.sweep():
        told.heard(part)
    after = samples(Metrics(machine.pulse, lambda: measure(office.engine)).text())
    assert after["duban_oldest_overdue_seconds"] == 0
    with office.engine.store.read() as view:
        assert after["duban_chain_height"] == len(list(view.journal())) > before["duban_chain_height"]
    counted = samples(told.text())
    assert counted["duban_tier_fire_lag_seconds_count{flag=missing}"] > 0
    assert counted["duban_tier_fire_lag_seconds_sum{flag=missing}"] > 86400


def test_the_lag_counts_from_the_entry_that_a_flag_follows_from(office: Play) -> None:
    office.at("10-24 10:00").open("desk", {"grade": "high"}, case="paper", happened="09-24 11:00")
    office.at("10-24 10:01")
    found = {result.case: [seconds for _, seconds in lags(result)] for part in office.engine.sweep() for result in part.done}
    assert max(found["C"]) > 86400
    assert found["paper"] and max(found["paper"]) <= 60


def test_attempts_outbox_and_heartbeats_are_counted_by_label(machine: Machine, office: Play) -> None:
    figures = measure(office.engine)
    vitals = replace(figures, outbox={("mail", "pending"): 3, ("mail", "dead"): 1}, parked=2, skew=-1.5, oldest_message=61.0)
    told = Metrics(machine.pulse, lambda: vitals)
    told.attempted("mail", "accepted")
    told.attempted("mail", "accepted")
    told.attempted("robot", "throttled")
    told.beaten(False)
    found = samples(told.text())
    assert found["duban_notify_attempts_total{channel=mail,result=accepted}"] == 2
    assert found["duban_notify_attempts_total{channel=robot,result=throttled}"] == 1
    assert found["duban_heartbeats_total{result=failed}"] == 1
    assert [found[f"duban_outbox{{channel=mail,state={s}}}"] for s in ("pending", "sending", "sent", "dead")] == [3, 0, 0, 1]
    assert (found["duban_parked"], found["duban_clock_skew_seconds"], found["duban_outbox_oldest_pending_seconds"]) == (2, -1.5, 61)


def test_a_store_that_cannot_be_read_leaves_the_rest_told(machine: Machine) -> None:
    def broken() -> Vitals:
        raise StoreUnavailable(same("gone"))

    found = samples(Metrics(machine.pulse, broken).text())
    assert found["duban_store_up"] == 0
    assert found["duban_sweeps_total"] == 7
    assert "duban_parked" not in found


def test_metrics_over_the_port(machine: Machine, office: Play) -> None:
    status, headers, body = machine.open(Metrics(machine.pulse, lambda: measure(office.engine))).ask("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert samples(body)["duban_store_up"] == 1


def test_without_the_library_everything_else_works(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    told = metrics(machine.pulse, lambda: pytest.fail("nobody asks"))
    assert isinstance(told, NoMetrics)
    told.attempted("mail", "accepted")
    with pytest.raises(MissingExtra):
        Metrics(machine.pulse, lambda: pytest.fail("nobody asks"))
    monkeypatch.undo()
    status, _, body = machine.open(told).ask("/metrics")
    assert status == 501 and b"duban[metrics]" in body
    assert machine.ask("/readyz")[0] == 200


def test_counting_takes_at_most_a_twentieth_of_the_time(office: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters import vitals

    at, counted = [1000.0], []
    monkeypatch.setattr(vitals, "monotonic", lambda: at[0])

    def count() -> Vitals:
        counted.append(at[0])
        at[0] += 2.0
        return measure(office.engine)

    reading = Reading(count)
    for _ in range(100):
        reading()
        at[0] += 1.0
    assert counted == [1000.0, 1042.0, 1084.0]


def test_a_sound_store_can_be_written_and_a_closed_or_older_one_says_why(office: Play, tmp_path: Path) -> None:
    engine = office.engine
    assert unwritable(engine.store, NOW) is None
    with engine.store.read() as view:
        assert view.mark("probe")
    import sqlite3

    with sqlite3.connect(tmp_path / "office.db") as connection:
        connection.execute("UPDATE duban_version SET version_num = '9999'")
    connection.close()
    reason = unwritable(engine.store, NOW)
    assert reason is not None and "9999" in reason.en
    engine.close()
    assert unwritable(engine.store, NOW) is not None


# the documents beside it


def names(machine: Machine, engine: Engine) -> set[str]:
    vitals = replace(measure(engine), outbox={("mail", "pending"): 1})
    told = Metrics(machine.pulse, lambda: vitals)
    told.attempted("mail", "accepted")
    return {key.partition("{")[0] for key in samples(told.text()) if not key.partition("{")[0].endswith("_created")}


def test_the_alert_rules_name_only_metrics_that_exist(machine: Machine, office: Play) -> None:
    rules = YAML(typ="safe").load((ROOT / "deploy/prometheus/duban.rules.yml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    known = names(machine, office.engine)
    used = {name for rule in alerts for name in re.findall(r"\bduban_\w+", rule["expr"])}
    assert used - known == set()
    assert {"DubanAbsent", "DubanSweepStale"} <= {rule["alert"] for rule in alerts}
    for rule in alerts:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_the_alert_rules_name_labels_that_exist(machine: Machine, office: Play) -> None:
    text = (ROOT / "deploy/prometheus/duban.rules.yml").read_text(encoding="utf-8")
    labels = {
        "duban_outbox": {"state", "channel"},
        "duban_notify_attempts_total": {"result", "channel"},
        "duban_heartbeats_total": {"result"},
    }
    found = re.findall(r"(duban_\w+)\{(\w+)(?:!=|=)", text)
    assert found
    for name, label in found:
        assert label in labels[name]


def test_the_reference_has_every_metric_and_no_other(machine: Machine, office: Play) -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(duban_\w+)`", page, re.MULTILINE))
    known = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names(machine, office.engine)}
    assert listed == known
    buckets = re.search(r"Buckets: ([\d., ]+) s", page)
    assert buckets is not None
    assert [float(b) for b in buckets[1].split(", ")] == list(module.BUCKETS)
