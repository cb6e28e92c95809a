"""Which automatic approvals a person looks at again. Pure: the same answer whoever asks."""

from __future__ import annotations

from hashlib import sha256


def is_sampled(content_hash: str, percent: int) -> bool:
    """Whether an approval of this content is among the ``percent`` of a hundred to look at.

    It follows from the content that was approved, so nobody chooses it, and nobody who raises a
    credit can tell beforehand whether it will be.
    """
    digest = sha256(f"after-review {content_hash}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < percent
