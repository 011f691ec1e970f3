"""The pytest plugin: a ``case`` fixture for authors of procedures.

.. code-block:: python

    import pytest

    pytestmark = pytest.mark.procedure("complaint.yaml")      # beside the test file; or the id of a shipped procedure

    def test_the_answer_is_due_after_five_working_days(case):
        case.at("2026-09-24 10:20").open("office")
        assert case.due("answer") == "2026-10-09 00:00"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from adapters.trial import Trial


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "procedure(name, organisation=''): the procedure that the `case` fixture tries out")


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Trial:
    """A case of the procedure that the marker ``procedure`` names, in memory, on a clock that the test moves."""
    marker = request.node.get_closest_marker("procedure")
    if marker is None or not marker.args:
        pytest.fail("the fixture `case` needs @pytest.mark.procedure('FILE or ID')", pytrace=False)
    from adapters.trial import Trial  # only a test that uses it loads the engine

    name, *rest = (_beside(request, word) for word in marker.args)
    given: dict[str, Any] = {key: _beside(request, word) for key, word in marker.kwargs.items()}
    return Trial(name, *rest, **given)


def _beside(request: pytest.FixtureRequest, word: str) -> str:
    """A file that is named as it lies beside the test; any other word as it is."""
    file = request.path.parent / word
    return str(file) if file.is_file() else word
