"""The figures of the daemon for Prometheus. Needs the extra ``metrics``; without it everything works but ``/metrics``.

What the daemon does is counted as it happens (:meth:`Metrics.heard`, :meth:`Metrics.attempted`); what lies in the store is counted when
somebody asks, so that two daemons on one store tell the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from adapters.daemon.pulse import Pulse
from workflow.act import FLAGGED, UNFLAGGED
from workflow.batch import Result, Swept
from workflow.errors import MissingExtra
from workflow.outbox import State
from workflow.text import Text, same

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from adapters.vitals import Vitals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES: tuple[State, ...] = ("pending", "sending", "sent", "dead")
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 28800, 86400)
"""Seconds."""
_TOLD = ("tier", "late", "missing")


class Metrics:
    """One registry of its own; nothing is registered for the whole process."""

    def __init__(self, pulse: Pulse, vitals: Callable[[], Vitals]) -> None:
        """Raises :class:`~workflow.errors.MissingExtra` without ``prometheus-client``."""
        try:
            from prometheus_client import CollectorRegistry, Counter, Histogram
        except ImportError:
            raise _missing() from None
        self._pulse = pulse
        self._vitals = vitals
        self._registry = CollectorRegistry(auto_describe=False)
        self._lag = Histogram(
            "duban_tier_fire_lag_seconds",
            "Seconds from the instant at which a flag or tier could be said to when it was",
            ["flag"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        for flag in _TOLD:
            self._lag.labels(flag)
        self._attempts = Counter(
            "duban_notify_attempts", "Attempts to send, by channel and what became of them", ["channel", "result"], registry=self._registry
        )
        self._beats = Counter("duban_heartbeats", "Signs of life, by what became of them", ["result"], registry=self._registry)
        for word in ("ok", "failed"):
            self._beats.labels(word)
        self._registry.register(self)

    def heard(self, part: Swept) -> None:
        """Count one committed part of a sweep."""
        for result in part.done:
            for flag, seconds in lags(result):
                self._lag.labels(flag).observe(seconds)

    def attempted(self, channel: str, result: str) -> None:
        """Count one attempt to send; ``result`` is ``accepted``, ``rejected``, ``throttled`` or ``unknown``."""
        self._attempts.labels(channel, result).inc()

    def beaten(self, ok: bool) -> None:
        """Count one sign of life."""
        self._beats.labels("ok" if ok else "failed").inc()

    def text(self) -> bytes:
        """The exposition format. A store that cannot be read leaves out what is counted in it and says ``duban_store_up 0``."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What is asked for when somebody looks; called by the registry."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        def gauge(name: str, text: str, value: float) -> Metric:
            return GaugeMetricFamily(name, text, value=value)

        state = self._pulse.state
        yield gauge("duban_standby", "1 while another daemon keeps the watch over the store", float(state.standby))
        yield CounterMetricFamily("duban_sweeps", "Completed sweeps since the start", value=state.sweeps)
        yield CounterMetricFamily("duban_sweep_failures", "Sweeps that could not be made since the start", value=state.failures)
        yield CounterMetricFamily("duban_swept_cases", "Cases swept since the start", value=state.cases)
        yield gauge("duban_sweep_duration_seconds", "How long the last completed sweep took", state.took)
        for name, text, at in (
            ("duban_start_timestamp_seconds", "When the watch was taken up; 0: never", state.started),
            ("duban_sweep_last_success_timestamp_seconds", "When the last sweep was completed; 0: never", state.swept_at),
        ):
            yield gauge(name, text, at.timestamp() if at is not None else 0.0)
        try:
            vitals = self._vitals()
        except Exception:  # whatever it is: the rest must still be told, and readiness says why
            yield gauge("duban_store_up", "1 while the store can be read", 0.0)
            return
        yield gauge("duban_store_up", "1 while the store can be read", 1.0)
        duties = GaugeMetricFamily("duban_obligations", "Duties that are owed now: all, and those whose date has passed", labels=["state"])
        duties.add_metric(["open"], vitals.figures.duties)
        duties.add_metric(["overdue"], vitals.figures.overdue)
        yield duties
        outbox = GaugeMetricFamily("duban_outbox", "Messages by state and channel", labels=["state", "channel"])
        for channel in sorted({channel for channel, _ in vitals.outbox}):
            for message in STATES:
                outbox.add_metric([message, channel], vitals.outbox.get((channel, message), 0))
        yield outbox
        for name, text, value in (
            ("duban_oldest_overdue_seconds", "Age of the earliest instant that no sweep has handled", vitals.oldest_unswept),
            ("duban_oldest_duty_seconds", "Age of the oldest due date of a duty that is still owed", vitals.oldest_overdue),
            ("duban_outbox_oldest_pending_seconds", "Age of the oldest message that is neither sent nor dead", vitals.oldest_message),
            ("duban_calendar_days_left", "Days of published calendar ahead", vitals.calendar_days),
            ("duban_clock_skew_seconds", "Clock of the database minus ours", vitals.skew),
            ("duban_chain_height", "Entries of the journal, all chains together", vitals.figures.entries),
            ("duban_parked", "Cases that cannot be swept and are tried again", vitals.parked),
        ):
            yield gauge(name, text, value)


class NoMetrics:
    """In the place of :class:`Metrics` where its library is not installed."""

    def heard(self, part: Swept) -> None:
        """Nothing is counted."""

    def attempted(self, channel: str, result: str) -> None:
        """Nothing is counted."""

    def beaten(self, ok: bool) -> None:
        """Nothing is counted."""

    def text(self) -> bytes:
        raise _missing()


def _missing() -> MissingExtra:
    command = 'python -m pip install "duban[metrics]"'
    return MissingExtra(Text("没有安装指标库", "the library for metrics is not installed"), hint=same(command))


def metrics(pulse: Pulse, vitals: Callable[[], Vitals]) -> Metrics | NoMetrics:
    try:
        return Metrics(pulse, vitals)
    except MissingExtra:
        return NoMetrics()


def lags(result: Result) -> Iterable[tuple[str, float]]:
    """Each flag and tier that was said with the seconds from when it could be said.

    That is the instant it is about, or the entry before it from which it first followed: a paper report that is entered a day late brings
    flags of yesterday, and nobody was slow to say them.
    """
    acts = result.standing.case.acts
    for act in result.acts:
        if act.kind == FLAGGED and act.data.get("flag") in _TOLD:
            before = (a.recorded for a in reversed(acts[: act.n - 1]) if a.kind not in (FLAGGED, UNFLAGGED) and a.recorded < act.recorded)
            could = max(act.happened.lo, next(before, act.happened.lo))
            yield str(act.data["flag"]), max(0.0, (act.recorded - could).total_seconds())
