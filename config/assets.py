"""The front-end files that come from npm packages, by name.

Only what pages use is collected: all of Tabler is 20 MB. A file that names a source
map needs the map too, because hashed names are written into both.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage, Storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage

FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/css/tabler.min.css.map",
    "inter-ui/variable-latin/InterVariable-subset.woff2",
)


class NodeModulesFinder(BaseFinder):
    """Finds exactly :data:`FILES`, under their own names: ``{% static "@tabler/core/…" %}``."""

    def __init__(self, app_names: Sequence[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(settings.ROOT / "node_modules")

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [self.storage.path(path)] if path in FILES and self.storage.exists(path) else []
        return found if find_all else next(iter(found), None)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        patterns = [*(ignore_patterns or [])]
        return ((path, self.storage) for path in FILES if not matches_patterns(path, patterns))


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
