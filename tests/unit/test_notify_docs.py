"""The page on channels lists what there is, and every option can be set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.config.secret import is_secret
from adapters.notify.catalogue import SHIPPED, kind, kinds
from adapters.notify.kind import Options

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "channels.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    found = re.search(rf"^#+ `{re.escape(name)}`\n(.*?)(?=^#+ `|^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the page has no part on {name}"
    return found[1]


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_option_of_a_kind_stands_on_the_page(name: str) -> None:
    options = set(kind(name).options.model_fields) - {"secret_file", "password_file", "token_file", "key_file"}
    shared = set(Options.model_fields) | {"base_url", "proxy", "proxy_file", "ca", "parts"}
    assert [o for o in sorted(options - shared) if f"`{o}`" not in section(name)] == []
    assert [o for o in sorted(options & shared) if f"`{o}`" not in PAGE] == []


def test_the_page_says_whose_rate_it_is() -> None:
    """Daemons on one PostgreSQL know nothing of what the others sent."""
    (row,) = re.findall(r"^\| `rate` \| 0, .*$", PAGE, re.MULTILINE)
    assert Options.model_fields["rate"].description in row and "of each daemon" in row


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_no_option_has_a_name_that_settings_refuse_and_every_secret_has_its_file(name: str) -> None:
    found = kind(name)
    assert found.name == name and name in kinds()
    assert [o for o in found.options.model_fields if is_secret(o)] == []
    files = {o.removesuffix("_file") for o in found.options.model_fields if o.endswith("_file")}
    assert files == set(found.secrets)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_page_says_what_acceptance_means_and_what_address_is_needed(name: str) -> None:
    needs = kind(name).needs
    assert re.search(r"Accepted: |Never verified", section(name))
    assert re.search(rf"[Nn]eeds an? `{needs}` address" if needs else r"[Nn]eeds no address", section(name))
