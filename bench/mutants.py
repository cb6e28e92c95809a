"""Do the tests of the arithmetic notice every change of it? Prints one JSON line.

    .venv/bin/python bench/mutants.py [--keep DIR]

mutmut changes the pure modules (``creditnotes/amounts.py`` and ``customers/money.py``) in
hundreds of small ways, one at a time: another operator, another constant, another method. Each
change that still passes the tests *survives*, and is printed with its difference. mutmut is
installed into an environment of its own beside a copy of the product, so neither the product
nor its locked requirements know of it. Takes some minutes; ``--keep`` goes on where a run in
that directory stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUTMUT = "mutmut==3.8.1"
MODULES = ("creditnotes/amounts.py", "customers/money.py")
TESTS = (
    "tests/creditnotes/test_amounts.py",
    "tests/creditnotes/test_histories.py",
    "tests/customers/test_money.py",
)
PARTS = ("approvals", "config", "creditnotes", "customers", "portal", "tests", "templates")
FILES = ("pyproject.toml", "manage.py", "requirements.lock", "static", "locale")
SETTINGS = "[mutmut]\n" + "\n".join(
    [
        "source_paths=\n  " + "\n  ".join(("creditnotes", "customers")),
        "only_mutate=\n  " + "\n  ".join(MODULES),
        "also_copy=\n  " + "\n  ".join(("conftest.py", *PARTS, *FILES)),
        "pytest_add_cli_args=\n  -x\n  -q\n  -p\n  no:randomly",
        "pytest_add_cli_args_test_selection=\n  " + "\n  ".join(TESTS),
        "process_isolation=fork",
        "use_git_change_detection=false",
        "",
    ]
)


def main() -> int:
    """Prepare, run, report; 1 where a mutant survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="where to work, and to leave all as it is")
    keep = parser.parse_args().keep
    if keep:
        return run(keep)
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder))


def run(folder: Path) -> int:
    """Mutate within ``folder``."""
    tool, copy = prepare_tool(folder), prepare_copy(folder)
    environment = os.environ | {"CREDITDESK_ENV": "build"}
    subprocess.run([tool, "run"], cwd=copy, check=False, stdout=sys.stderr, env=environment)
    lines = subprocess.run(
        [tool, "results", "--all", "true"], cwd=copy, check=True, text=True, capture_output=True
    ).stdout.splitlines()
    outcomes = dict(re.findall(r"(\S+): (.+)", "\n".join(lines)))
    survivors = [name for name, outcome in outcomes.items() if outcome == "survived"]
    for name in survivors:
        subprocess.run([tool, "show", name], cwd=copy, check=False, stdout=sys.stderr)
    print(json.dumps({"mutants": len(outcomes), **Counter(outcomes.values())}))
    return bool(survivors)


def prepare_tool(folder: Path) -> Path:
    """mutmut in an environment of its own, which sees the product's libraries."""
    environment = folder / "environment"
    if not environment.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        libraries = next(p for p in sys.path if p.endswith("site-packages"))
        own = next(environment.glob("lib/*/site-packages"))
        (own / "product.pth").write_text(libraries + "\n")
        pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", MUTMUT]
        subprocess.run(pip, check=True)
    return environment / "bin" / "mutmut"


def prepare_copy(folder: Path) -> Path:
    """The product's sources beside it, with mutmut's settings."""
    copy = folder / "product"
    copy.mkdir(exist_ok=True)
    for name in (*PARTS, *FILES):
        source, target = ROOT / name, copy / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy2(source, target)
    (copy / "setup.cfg").write_text(SETTINGS)
    (copy / "conftest.py").write_text("")  # which would start a database
    return copy


if __name__ == "__main__":
    sys.exit(main())
