"""What a release is built from and what stands around the code: versions, files, forms."""

import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from tests import ROOT
from tools.release import WHEEL, build, lacking, troubles, versions

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
CITED = ("cff-version", "message", "title", "authors", "version", "license")


def test_every_place_names_the_same_version():
    assert len(set(versions().values())) == 1


def test_a_version_that_is_not_told_everywhere_is_not_released(tmp_path):
    (tmp_path / "simulator").mkdir()
    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md", "simulator/__init__.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    changelog = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026\n\n- all\n"
    (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    assert list(troubles(tmp_path)) == []
    (tmp_path / "CHANGELOG.md").write_text(changelog.replace("0.1.0", "0.0.9"), encoding="utf-8")
    assert list(troubles(tmp_path)) == ["CHANGELOG.md has no section [0.1.0]"]
    text = (ROOT / "CITATION.cff").read_text("utf-8").replace("version: 0.1.0", "version: 0.2.0")
    (tmp_path / "CITATION.cff").write_text(text, encoding="utf-8")
    unreleased = changelog.replace("[Unreleased]\n", "[Unreleased]\n\n- a change\n")
    (tmp_path / "CHANGELOG.md").write_text(unreleased, encoding="utf-8")
    told = list(troubles(tmp_path))
    assert told[0].startswith("versions differ: pyproject.toml 0.1.0,")
    assert told[1].startswith("CHANGELOG.md: what is under [Unreleased]")


def test_wheel_and_sdist_hold_what_a_user_needs(tmp_path):
    wheel, sdist = build(tmp_path)
    assert lacking(wheel) == []
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"} <= names
    assert {"configs/config.yaml", "loanstress/__init__.py", "tests/conftest.py"} <= names
    assert not any(name.startswith(("outputs/2", ".venv", "build")) for name in names)
    short = tmp_path / "short.whl"
    with zipfile.ZipFile(short, "w") as archive:
        archive.writestr(WHEEL[0], "")
    assert set(lacking(short)) == {*WHEEL[1:], "LICENSE"}


def test_the_citation_has_what_its_format_requires():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert set(CITED) <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert all("name" in author or "family-names" in author for author in cited["authors"])


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.name)
def test_a_form_asks_for_what_it_requires(form: Path):
    content = yaml.safe_load(form.read_text("utf-8"))
    if form.name == "config.yml":
        assert set(content) == {"blank_issues_enabled"}
        return
    assert content["name"]
    assert content["description"]
    asked = [item for item in content["body"] if item["type"] != "markdown"]
    assert len({item["id"] for item in asked}) == len(asked)
    assert any(item.get("validations", {}).get("required") for item in asked)


def test_every_public_workflow_reads_only():
    for flow in (ROOT / ".github" / "workflows").glob("*.yml"):
        content = yaml.safe_load(flow.read_text("utf-8"))
        assert content["permissions"] == {"contents": "read"}, flow.name
        assert all("timeout-minutes" in job for job in content["jobs"].values()), flow.name
