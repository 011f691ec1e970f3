"""Time stamps of RFC 3161 for checkpoints: a request as a file, and the token that came back checked with no network.

A signature does not say when it was made; a time-stamping authority does. How the request travels is for the office (``curl``, a stick):
nothing here calls out. Comes from ``rfc3161-client`` (extra ``timestamp``): tokens over SHA-256, SHA-384 and SHA-512, signed with RSA or
ECDSA.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow.errors import BadInput, MissingExtra
from workflow.journal.chain import Finding
from workflow.moment import utc
from workflow.text import Text

LONGEST = 1_000_000
"""Bytes of the longest token that is read."""


def _client() -> Any:
    try:
        import rfc3161_client
    except ImportError:
        raise MissingExtra(
            Text("时间戳需要 rfc3161-client", "time stamps need rfc3161-client"),
            hint=Text("pip install 'duban[timestamp]'", "pip install 'duban[timestamp]'"),
        ) from None
    return rfc3161_client


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a token says: its bytes were there at ``time``, which is right to within ``seconds`` where that is told."""

    time: datetime
    seconds: int | None
    serial: int
    policy: str
    authority: str


def request(data: bytes) -> bytes:
    """The request (DER) for a token over the SHA-256 of ``data``. It has no nonce: the same bytes have the same request."""
    client = _client()
    builder = client.TimestampRequestBuilder().data(data).hash_algorithm(client.HashAlgorithm.SHA256)
    found: bytes = builder.nonce(nonce=False).cert_request(cert_request=True).build().as_bytes()
    return found


def check(token: bytes, data: bytes, authorities: bytes) -> tuple[Stamp, list[Finding]]:
    """What a token says, and what is wrong: ``stamp`` (not of these authorities, expired at that time, or changed), ``stamped`` (it is
    over other bytes than ``data``). ``authorities`` are certificates in PEM.

    The certificate must have been valid when the token was made, not now: a token outlives it. Raises
    :class:`~workflow.errors.BadInput` for what is no token or no certificate.
    """
    client = _client()
    roots = _certificates(authorities)
    try:
        answer = client.decode_timestamp_response(token)
        stamp = _read(answer.tst_info)
        client.VerifierBuilder(roots=roots).build().verify_message(answer, data)
    except client.VerificationError as error:
        if str(error).startswith("Mismatch between messages"):
            return stamp, [Finding("stamped", "checkpoint", 0, Text("时间戳不是这个文件的", "the time stamp is of another file"))]
        why = _why(error)
        return stamp, [Finding("stamp", "checkpoint", 0, Text(f"时间戳无效:{why}", f"the time stamp does not hold: {why}"))]
    except Exception as error:  # the library raises what its parts raise: ValueError, KeyError for an unknown attribute of a name
        raise BadInput(
            Text(f"不是可以读取的时间戳:{error}", f"this is no time stamp that can be read: {error}"),
            hint=Text("给出时间戳机构返回的文件(.tsr)", "give the file that the authority returned (.tsr)"),
        ) from None
    return stamp, []


def _read(info: Any) -> Stamp:
    seconds = info.accuracy.seconds if info.accuracy is not None else None
    name: Any = getattr(info.name, "value", None)
    authority = str(name.rfc4514_string() if hasattr(name, "rfc4514_string") else name or "")
    return Stamp(utc(info.gen_time), seconds, info.serial_number, info.policy.dotted_string, authority)


def _certificates(pem: bytes) -> list[Any]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise BadInput(
            Text("--ca 应为 PEM 证书", "--ca must be a certificate in PEM"),
            hint=Text("时间戳机构的根证书,从机构处取得", "the root certificate of the authority, got from the authority"),
        ) from None


def _why(error: Exception) -> str:
    """The reason that OpenSSL gives, out of its stack of errors."""
    said = str(error)
    return said.rpartition('data: "')[2].partition('"')[0] if 'data: "' in said else said
