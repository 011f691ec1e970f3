"""What robots and application messages of chat services share: a letter as one or more texts, each sent and judged by itself."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field, field_validator

from adapters.config.model import wrong
from adapters.notify.web import Http, one_of_many, usable
from adapters.notify.wording import pieces, size, whole
from workflow.letter import Accepted, Letter, Result
from workflow.text import Text


class Chat(Http):
    base_url: str = Field(description="where the service is: its public address, or that of a private installation or gateway")
    parts: int = Field(default=2, ge=1, le=9, description="messages that a long letter may be split into; the rest is left out")

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not usable(value):
            raise wrong(Text("应为 http:// 或 https:// 地址", "must be an address that begins with http:// or https://"))
        return value.rstrip("/")


class Robot(Chat):
    keyword: str = Field(default="", max_length=50, description="a word that the robot asks for; put before each message that lacks it")


def in_parts(letter: Letter, limit: int, most: int, send: Callable[[str, int], Result], keyword: str = "", mark: str = "") -> Result:
    """Send the letter as texts of at most ``limit`` bytes, each called with its number from 1, until one is not accepted.

    ``mark`` ends each text: it makes two letters with the same words different for a service that drops what it has seen.
    """
    before, after = (f"{keyword}\n" if keyword else ""), (f"\n{mark}" if mark else "")
    results: list[Result] = []
    for number, text in enumerate(pieces(whole(letter), limit - size(before) - size(after), most), 1):
        results.append(send((text if keyword in text else before + text) + after, number))
        if not isinstance(results[-1], Accepted):
            break
    return one_of_many(results)
