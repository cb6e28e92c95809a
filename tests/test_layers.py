"""The arrows of the house point one way; import-linter knows which."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-logo", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_import_goes_down() -> None:
    outcome = lint()
    assert outcome.returncode == 0, outcome.stdout
    assert "0 broken" in outcome.stdout


def test_an_import_that_goes_up_would_be_found(tmp_path: Path) -> None:
    """The same contract with its floors swapped is broken: the linter does look."""
    upside_down = tmp_path / "contracts.toml"
    upside_down.write_text(
        """
        [tool.importlinter]
        root_packages = ["customers", "creditnotes", "approvals"]
        [[tool.importlinter.contracts]]
        name = "Upside down"
        type = "layers"
        layers = ["customers", "creditnotes", "approvals"]
        """
    )
    outcome = lint("--config", str(upside_down), "--no-cache")
    assert outcome.returncode == 1
    assert "1 broken" in outcome.stdout
