"""What all tests share: the marker of their kind, the Hypothesis profile, and the real logs that lie beside the repository."""

from __future__ import annotations

import faulthandler
import gc
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres
from tests.examples import ASKED

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("unit", "property", "integration", "e2e", "fault")

settings.register_profile("local", deadline=None, max_examples=ASKED, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folder of a test is its kind."""
    for item in items:
        kind = item.path.relative_to(ROOT / "tests").parts[0]
        if kind in KINDS:
            item.add_marker(kind)


@pytest.fixture(autouse=True)
def _patience(request: pytest.FixtureRequest) -> None:
    """A campaign may take as long as it takes; every other test is killed when it hangs (``faulthandler_timeout``)."""
    if request.node.get_closest_marker("slow"):
        faulthandler.cancel_dump_traceback_later()


def pytest_collection_finish() -> None:
    """What is there now stays to the end: looking through it for garbage again and again takes a tenth of a run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_logs() -> Callable[[str, str], Path]:
    """``shared_logs(name, sha256)``: the path of a real event log, after its digest was checked. Skips where the logs are absent."""

    def find(name: str, sha256: str) -> Path:
        path = ROOT.parent / "shared" / "logs" / name
        if not path.is_file():
            pytest.skip(f"needs the real log ../shared/logs/{name}, which is no part of the repository")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        assert found == sha256, f"{path} is another file: sha256 {found}"
        return path

    return find


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A real PostgreSQL server, one for all workers. Skips where none can be started."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    try:
        postgres.imported()
        server = postgres.shared(root)
    except Exception as e:
        pytest.skip(f"no PostgreSQL server can be started here: {e}")
    yield server
    postgres.leave(root, server)


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> str:
    """The address of a new, empty database of its own."""
    return postgres_server.fresh()
