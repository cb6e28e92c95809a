"""Attached files on their way to a browser, once it is known that the person may see them.

A file never changes, so a browser that has it need not get it twice; it asks each time, and
who may no longer see it is refused.
"""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase

from creditnotes import thumbnails
from creditnotes.models import Attachment, MessageFile
from customers.downloads import asked_again, private


def whole(request: HttpRequest, file: Attachment | MessageFile) -> HttpResponseBase:
    """A photo to look at, or a document to download."""

    def made() -> HttpResponseBase:
        response = FileResponse(file.file.open("rb"), content_type=file.content_type)
        return private(response, file.name, inline=file.is_photo)

    return asked_again(request, file.sha256, made)


def in_small(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    """The thumbnail; 404 for what has none."""

    def made() -> HttpResponseBase:
        small = thumbnails.thumbnail_of(attachment)
        if small is None:
            raise Http404
        response = HttpResponse(small, content_type=thumbnails.TYPE)
        return private(response, attachment.name, inline=True)

    return asked_again(request, f"{attachment.sha256}-{thumbnails.SIZE[0]}", made)
