"""What stands around a daemon: the health port, the metrics, the heartbeat, the service manager. Made from the settings in one go.

``duban run`` gives :attr:`Surroundings.beside` to the daemon to start and stop, and calls the rest as things happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from loguru import logger

from adapters.config.load import Configuration
from adapters.daemon.health import Health
from adapters.daemon.heartbeat import Heartbeat
from adapters.daemon.metrics import Metrics, NoMetrics, metrics
from adapters.daemon.pulse import Pulse
from adapters.daemon.systemd import Systemd, Watchdog
from adapters.vitals import Reading, measure, unwritable
from workflow.engine import Engine
from workflow.errors import ConfigError

SLACK = 30.0
"""Seconds that a tick may be late before we count as stuck."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    metrics: Metrics | NoMetrics
    """``heard`` is for the watch, ``attempted`` for the senders."""
    health: Health | None
    heartbeat: Heartbeat | None
    systemd: Systemd
    watchdog: Watchdog

    @classmethod
    def of(cls, configuration: Configuration, engine: Engine, pulse: Pulse) -> Surroundings:
        """Raises :class:`~workflow.errors.ConfigError` for a port that cannot be listened on and a heartbeat without a usable URL."""
        settings, systemd = configuration.settings, Systemd()
        vitals = Reading(lambda: measure(engine))
        counted = metrics(pulse, vitals)
        heartbeat = Heartbeat.of(configuration, pulse, counted.beaten)
        health = None
        if settings.health.listen:
            try:
                health = Health(
                    settings.health,
                    pulse,
                    settings.daemon.interval,
                    lambda: datetime.now(UTC),
                    lambda: unwritable(engine.store, engine.clock.now()),
                    lambda: vitals().calendar_days,
                    counted,
                )
            except ConfigError as error:
                if configuration.origin("health.listen").kind != "default":
                    raise
                logger.warning("no health port: {}", error)  # nobody asked for this one, and the watch is worth more
        patience = 2 * settings.daemon.interval + settings.daemon.budget + SLACK
        return cls(counted, health, heartbeat, systemd, Watchdog(systemd, patience))

    @property
    def beside(self) -> tuple[Health | Heartbeat | Watchdog, ...]:
        """What the daemon starts with itself and stops before it ends."""
        return tuple(part for part in (self.health, self.heartbeat, self.watchdog) if part is not None)

    def ticked(self) -> None:
        """After every tick, whatever it came to."""
        self.watchdog.ticked()
        if self.heartbeat is not None:
            self.heartbeat.ticked()
