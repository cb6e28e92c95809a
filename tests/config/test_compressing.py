"""What is compressed on its way to the browser."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

from customers.models import User

pytestmark = pytest.mark.django_db


def test_a_page_is_a_third_of_its_size(client: Client, rep: User) -> None:
    client.force_login(rep)
    whole = client.get("/")
    packed = client.get("/", headers={"accept-encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in whole.headers
    assert b"</html>" in gzip.decompress(packed.content)
    assert len(packed.content) * 3 < len(whole.content)


def test_a_file_goes_as_it_is(client: Client, rep: User) -> None:
    client.force_login(rep)
    answer = client.get("/credit-notes/", {"as": "csv"}, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
