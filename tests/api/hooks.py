"""What schemathesis can't tell from the document."""

import hashlib
from decimal import Decimal

import schemathesis

NAME = "Idempotency-Key"


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key belongs to one body: with another one it is refused, whatever the two are. No schema can say that, so each
    body that is sent gets a key of its own in the place of one that is valid by itself.
    """
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    if key := (case.headers or {}).get(NAME):
        case.headers[NAME] = hashlib.sha256(f"{key} {case.body!r}".encode()).hexdigest()


@schemathesis.hook
def filter_body(context, body):
    """A number in the metadata is measured as it is written without an exponent, and a schema knows no such length."""
    metadata = body.get("metadata") if isinstance(body, dict) else None
    numbers = metadata.values() if isinstance(metadata, dict) else ()
    return all(len(f"{Decimal(repr(number)):f}") <= 64 for number in numbers if isinstance(number, float))
