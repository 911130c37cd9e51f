"""What the wheel carries of the marketplaces' packages: all that is ours, nothing that npm put there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("audits", "connector", "webhooks")


@pytest.fixture
def names(tmp_path: Path) -> set[str]:
    """Names in a wheel that is built of a copy of the tree in which somebody ran npm."""
    tree = tmp_path / "tree"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / file, tree)
    for folder in (tree / "connector/adapters").glob("*/marketplace"):
        (folder / "src/app/cards/node_modules/react").mkdir(parents=True)
        (folder / "src/app/cards/node_modules/react/index.js").write_text("// npm's")
        (folder / "src/hsprofile.production.json").write_text("{}")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"],
        cwd=tree, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_the_wheel_carries_the_packages_and_nothing_of_npm(names: set[str]):
    ours = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "connector/adapters").glob("*/marketplace/**/*")
        if path.is_file() and "node_modules" not in path.parts and path.name != "hsprofile.production.json"
    }
    assert len(ours) > 10
    assert ours <= names
    assert not [name for name in names if "node_modules" in name]
    assert not [name for name in names if name.endswith("hsprofile.production.json")], "an operator's own addresses"
    assert "connector/web/templates/lead.html" in names
