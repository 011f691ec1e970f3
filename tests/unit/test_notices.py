"""The checker on the shipped definitions: no error, and the known notices. ``python -m tests.golden_notices`` writes the lists anew."""

from __future__ import annotations

import pytest

from adapters.library import shipped_definitions
from tests.golden_notices import FOLDER, file_of, notices
from workflow.procedure.load import Definition


@pytest.mark.parametrize("definition", shipped_definitions(), ids=lambda d: d.procedure.ref)
def test_the_notices_of_a_shipped_definition_are_those_of_its_list(definition: Definition) -> None:
    found = notices(definition)
    assert not [line for line in found.splitlines() if line.startswith("error ")]
    known = file_of(definition)
    assert known.exists() and found == known.read_text(encoding="utf-8"), f"read them; then python -m tests.golden_notices\n{found}"


def test_every_list_belongs_to_a_shipped_definition() -> None:
    assert {f.name for f in FOLDER.glob("*")} == {file_of(d).name for d in shipped_definitions()}
