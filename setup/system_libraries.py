"""See that the machine has the few things that no Python package brings.

    system_libraries.py run|test|screenshots

Root, or a user whose sudo asks no password, gets them installed by apt; anybody else is
told in one sentence. Takes a tenth of a second when all is there. Standard library only.
"""

import ctypes
import os
import shutil
import subprocess
import sys

# What the product loads, and the Debian package that has it. Without the subsetting
# library WeasyPrint works, ten times slower.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# The browser of the tests, and what its driver is linked with.
TEST_LIBRARIES = {"libatomic.so.1": "libatomic1"}
TEST_PROGRAMS = {"chromium": "chromium"}
# What draws PDFs for the screenshots.
SCREENSHOT_PROGRAMS = {"pdftoppm": "poppler-utils"}


def missing(purpose: str) -> list[str]:
    """The Debian packages that are still needed."""
    libraries, programs = LIBRARIES, {}
    if purpose == "test":
        libraries, programs = LIBRARIES | TEST_LIBRARIES, TEST_PROGRAMS
    elif purpose == "screenshots":
        programs = SCREENSHOT_PROGRAMS
    return [package for library, package in libraries.items() if not _loads(library)] + [
        package for program, package in programs.items() if not shutil.which(program)
    ]


def may_install() -> list[str] | None:
    """The words before apt-get, or nothing where we may not use it."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "--non-interactive"]
    if not shutil.which("sudo"):
        return None
    allowed = subprocess.run([*sudo, "true"], capture_output=True, check=False)
    return None if allowed.returncode else sudo


def install(prefix: list[str], packages: list[str]) -> None:
    quiet = ["--quiet", "--yes", "--no-install-recommends"]
    for arguments in (["update", "--quiet"], ["install", *quiet, *packages]):
        subprocess.run(
            [*prefix, "apt-get", *arguments],
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )


def main() -> None:
    packages = missing(sys.argv[1])
    if not packages:
        return
    names = " ".join(packages)
    prefix = may_install()
    if prefix is None:
        sys.exit(f"Please install these Debian packages (or their like), then try again: {names}")
    sys.stdout.write(f"Installing {names} …\n")
    sys.stdout.flush()
    try:
        install(prefix, packages)
    except subprocess.CalledProcessError:
        sys.exit(f"apt-get could not install: {names}")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
