"""How pages' style sheets, scripts and pictures are named and found."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Where our own scripts name another one.
IMPORTS = (
    "js/*.js",
    (
        (r"""(?P<matched>from "(?P<url>\.[^"]+)")""", 'from "%(url)s"'),
        (r"""(?P<matched>import "(?P<url>\.[^"]+)")""", 'import "%(url)s"'),
        (r"""(?P<matched>import\("(?P<url>\.[^"]+)"\))""", 'import("%(url)s")'),
    ),
)


class HashedStorage(ManifestStaticFilesStorage):
    """Every file under a name with its hash, kept by browsers for good; also what scripts import.

    Without the latter a page could mix scripts of before and after an upgrade.
    """

    patterns = (*ManifestStaticFilesStorage.patterns, IMPORTS)


class CompressedStorage(CompressedManifestStaticFilesStorage):
    """The same, with each file compressed beside it."""

    patterns = (*ManifestStaticFilesStorage.patterns, IMPORTS)


@login_not_required
def favicon(_request: HttpRequest) -> HttpResponse:
    """Where browsers look for the mark of a page that names none, such as a file or a failure."""
    return redirect(static("img/mark.svg"))
