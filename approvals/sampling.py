"""Which automatic approvals a person looks at again: the same ones whoever asks."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def is_sampled(content_hash: str, percent: int) -> bool:
    """Whether an approval of this content is among the ``percent`` of a hundred to look at.

    It follows from the content that was approved and from the secret key, so nobody chooses it,
    and nobody who raises a credit can work out beforehand whether it will be.
    """
    digest = salted_hmac("after-review", content_hash, algorithm="sha256").digest()
    return int.from_bytes(digest[:8]) % 100 < percent
