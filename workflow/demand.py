"""What is asked of a command before it is carried out: a key that is its own, an id that is free, the version that was seen."""

from __future__ import annotations

from collections.abc import Iterable

from workflow import command as commands
from workflow.case.standing import Standing
from workflow.errors import AlreadyThere, BadInput, ClockOnly, KeyReused, StaleVersion
from workflow.journal.canonical import canonical, digest
from workflow.monitor import CHAINS
from workflow.ports import Answer, View
from workflow.text import Text

LONGEST_ID = 100
"""Characters of the id of a case."""


def answered(view: View, command: commands.Command, key: str | None) -> Answer | None:
    """What the same command with the same key was answered before. Raises :class:`KeyReused` when it was another command."""
    answer = view.answer(key) if key is not None else None
    if answer is not None and answer.request and answer.request != digest(canonical(command.document())):
        raise KeyReused(
            Text(f"幂等键 {key!r} 已用于另一个命令", f"the key {key!r} was used for another command"),
            hint=Text("换一个键", "use another key"),
        )
    return answer


def demand_free(view: View, name: str, recurring: Iterable[str]) -> None:
    """Refuse an id for a new case that cannot be said aloud, stand in a path or be shown, or that is taken.

    So is that of each period of a ``recurring`` duty: the sweep would find no place for its case, and the unit would owe nothing (S7.3).
    """
    unfit = name != name.strip() or any(c in "/\\" or not c.isprintable() for c in name) or not name.strip(".")
    if unfit or len(name) > LONGEST_ID:
        raise BadInput(
            Text(f"案件编号不合适:{name[:40]!r}", f"unfit for the id of a case: {name[:40]!r}"),
            hint=Text(
                f"不超过 {LONGEST_ID} 个可见字符,不含 / 和 \\,首尾无空格",
                f"at most {LONGEST_ID} visible characters, without / or \\ and without blanks at its ends",
            ),
        )
    if name in CHAINS or view.case(name) is not None:
        raise taken(name)
    for procedure in recurring:
        if name.startswith(f"{procedure}."):
            raise ClockOnly(
                Text(
                    f"编号 {procedure}.… 留给系统按期立案",
                    f"ids that begin with {procedure}. are those of its periods, which the sweep opens",
                ),
                where=name,
                hint=Text("换一个编号", "choose another id"),
            )


def demand_version(standing: Standing, expected: int | None) -> None:
    """Raises :class:`StaleVersion` when the case is not at the version that the caller saw."""
    case = standing.case
    if expected is not None and expected != case.n:
        raise StaleVersion(
            Text(f"案件 {case.id} 已到第 {case.n} 版,不是 {expected}", f"the case {case.id} is at version {case.n}, not {expected}"),
            hint=Text("重新查看后再办理", "look at it again, then repeat the command"),
        )


def taken(name: str) -> AlreadyThere:
    return AlreadyThere(Text(f"案件 {name} 已存在", f"the case {name} is there already"))
