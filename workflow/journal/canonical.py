"""Canonical bytes: one value, one text, on every machine.

The form is that of RFC 8785 narrowed to what a record needs: objects, lists, text, integers, booleans and null. UTF-8, keys sorted by code
point, no white space, text in Unicode NFC. Floating-point numbers have no place in a record and are refused; so are integers beyond
±2^53, which other readers of JSON would round.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any, NoReturn, TypeAlias, cast
from unicodedata import is_normalized, normalize

from workflow.errors import BadInput, ConfigError, IntegrityError
from workflow.text import Text

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_LIMIT = 2**53


class Algorithm(StrEnum):
    """The digest of a journal, chosen when it is made."""

    SHA256 = "sha256"
    SM3 = "sm3"


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False).encode


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _whole(text: str) -> int:
    if len(text) < 16:
        return int(text)
    value = int(text) if len(text) < 18 else _refuse(text)
    return value if -_LIMIT <= value <= _LIMIT else _refuse(text)


_decoder = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_whole)
_decode = _decoder.decode


def canonical(value: Json) -> bytes:
    """The canonical bytes of a value. Raises :class:`~workflow.errors.BadInput` for a value that has none."""
    try:
        return _encode(value if _is_clean(value) else _clean(value)).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput(Text("文字含有无效字符(孤立代理)", "the text holds a lone surrogate")) from None
    except RecursionError:
        raise BadInput(Text("嵌套过深", "nested too deeply")) from None


def quoted(text: str) -> str:
    """The canonical form of a text, as text; of a plain id without a second look."""
    return f'"{text}"' if text.isascii() and text.isalnum() else canonical(text).decode()


def _is_clean(value: Any) -> bool:
    """Whether a value can be written as it stands: nearly every record can, and looking costs half of rebuilding it."""
    kind = type(value)
    if kind is str:
        return value.isascii() or is_normalized("NFC", value)
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str or not key.isascii():
                return False
            if not (inner is None or (type(inner) is str and inner.isascii()) or _is_clean(inner)):
                return False
        return True
    if kind is list or kind is tuple:
        return all([(type(inner) is str and inner.isascii()) or _is_clean(inner) for inner in value])
    return value is None or kind is bool or (kind is int and -_LIMIT <= value <= _LIMIT)


def _clean(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() or is_normalized("NFC", value) else normalize("NFC", value)
    if value is None or kind is bool:
        return value
    if kind is int:
        if -_LIMIT <= value <= _LIMIT:
            return value
        raise BadInput(Text(f"整数超出范围:{value:#x}", f"the integer is out of range: {value:#x}"))  # decimal has a limit of its own
    if kind is dict or isinstance(value, Mapping):
        found = {_key(k): _clean(v) for k, v in value.items()}
        if len(found) != len(value):
            raise BadInput(Text("两个键规范后相同", "two keys are the same text once they are normalised"))
        return found
    if kind is list or kind is tuple:
        return [_clean(v) for v in value]
    if isinstance(value, str):
        return _clean(str(value))
    raise BadInput(Text(f"不能记录 {kind.__name__} 类型的值", f"a value of type {kind.__name__} cannot be recorded"))


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise BadInput(Text(f"键不是文字:{key!r}", f"a key is not text: {key!r}"))
    return str(_clean(key))


def parse_canonical(data: bytes) -> Json:
    """The value of canonical bytes. Raises :class:`~workflow.errors.IntegrityError` for bytes that are not the canonical form."""
    try:
        text = data.decode("utf-8")
        value: Json = _decode(text)  # no number but a whole one within the limits
        # All texts in it are normalised if the whole is: every part of a normalised text is, and no quote or comma joins what follows it.
        same = (text.isascii() or is_normalized("NFC", text)) and _encode(value) == text
    except (ValueError, RecursionError):
        same = False
        value = None
    if not same:
        raise IntegrityError(Text("数据不是规范形式", "the bytes are not in canonical form"))
    return value


def parse_known(data: bytes, known: str) -> Json:
    """The same for bytes whose digest is ``known``: where it is theirs, they are those that were written, in canonical form.

    An audit looks at their form all the same (:mod:`workflow.journal.chain`). Raises what :func:`parse_canonical` raises.
    """
    algorithm = known.partition(":")[0]
    if algorithm in (Algorithm.SHA256, Algorithm.SM3) and digest(data, algorithm) == known:
        with suppress(ValueError, RecursionError):
            text = data.decode("utf-8")
            value, end = _decoder.raw_decode(text)
            if end == len(text):
                return cast(Json, value)
    return parse_canonical(data)


def hashed(data: bytes, algorithm: str = Algorithm.SHA256) -> bytes:
    """The bare digest. Raises :class:`BadInput` for an unknown algorithm, :class:`ConfigError` where SM3 is not to be had."""
    if algorithm == Algorithm.SHA256:
        return hashlib.sha256(data).digest()
    if algorithm == Algorithm.SM3:
        return _sm3(data)
    raise BadInput(Text(f"未知算法 {algorithm!r}", f"unknown algorithm {algorithm!r}"), hint=Text("用 sha256 或 sm3", "use sha256 or sm3"))


def digest(data: bytes, algorithm: str = Algorithm.SHA256) -> str:
    """``sha256:<hex>`` or ``sm3:<hex>``. Raises what :func:`hashed` raises."""
    if algorithm == Algorithm.SHA256:
        return "sha256:" + hashlib.sha256(data).hexdigest()
    return f"{algorithm}:{hashed(data, algorithm).hex()}"


def _sm3(data: bytes) -> bytes:
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:
        raise ConfigError(
            Text("本机的 OpenSSL 没有 SM3", "the OpenSSL of this machine has no SM3"),
            hint=Text(
                "新日志可用 sha256;已用 sm3 的日志须在带 SM3 的机器上使用",
                "use sha256 for a new journal; one that is in SM3 needs an OpenSSL with SM3",
            ),
        ) from None
