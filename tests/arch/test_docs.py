"""What the documents say exists."""

import re
from pathlib import Path

import pytest

from giaoban import config

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))


def test_every_setting_is_documented_and_no_other() -> None:
    settings = {config._variable(name) for name in config.Settings.model_fields if name != "role"}
    named = set(re.findall(r"`((?:GIAOBAN|LIVEKIT)_[A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text()))

    assert named == settings | {"GIAOBAN_CONFIG"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", document.read_text())

    missing = [t for t in targets if "://" not in t and not (document.parent / t).exists()]

    assert missing == []


def test_no_file_of_the_tree_names_a_registry_host_in_a_lock() -> None:
    locks = [*ROOT.glob("requirements*.lock"), *ROOT.glob("tools/*.lock"), ROOT / "web" / "package-lock.json"]

    for lock in locks:
        content = lock.read_text()
        assert '"resolved"' not in content
        assert "--index-url" not in content
