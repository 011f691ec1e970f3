"""What goes wrong in another process is said here as it was said there."""

from __future__ import annotations

import pickle

import pytest

from workflow import errors
from workflow.errors import BadCondition, DubanError
from workflow.text import Text

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DubanError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_keeps_its_kind_and_what_it_says(kind: type[DubanError]) -> None:
    error = kind(Text("错", "wrong"), where="here", hint=Text("改", "mend"))
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is kind and found.say("zh") == error.say("zh") and found.code == error.code


def test_what_an_error_says_besides_is_kept() -> None:
    assert pickle.loads(pickle.dumps(BadCondition(Text("错", "wrong"), path=("when", 1)))).path == ("when", 1)
