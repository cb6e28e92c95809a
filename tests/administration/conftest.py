"""People with access to the admin site, in browsers of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.groups import make_groups
from customers.models import User


@pytest.fixture
def opens(client_of: Callable[[User], Client]) -> Callable[[User], Client]:
    """Lets somebody open the admin site, with what their groups give them."""

    def let_in(user: User) -> Client:
        make_groups()
        user.is_staff = True
        user.save()
        return client_of(user)

    return let_in


def address(model: Any, page: str, *arguments: Any) -> str:
    """The address of a page about a model on the admin site."""
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{page}", args=arguments)
