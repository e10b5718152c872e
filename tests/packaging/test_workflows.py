"""The workflows do as the house does: the one script, least rights, pinned actions, and what was built is published."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]-*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def release() -> Any:
    return read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]


def steps(job: Any) -> list[dict[str, Any]]:
    return job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_each_action_is_pinned_by_its_commit(path: Path):
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_no_workflow_has_rights_by_default_and_no_job_runs_for_ever(path: Path):
    workflow = read(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        assert job["permissions"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_the_tests_are_the_one_script_on_the_system_it_is_written_for(path: Path):
    testing = [
        job for job in read(path)["jobs"].values() if any(step.get("run") == ".ci/run" for step in steps(job))
    ]
    assert [job["container"] for job in testing] == ["node:20-bookworm"]


def test_who_may_write_runs_nothing_of_the_checkout():
    for job in release().values():
        if set(job["permissions"].values()) != {"read"}:
            assert not any("checkout" in step.get("uses", "") for step in steps(job))


def test_what_is_published_was_tested_attested_and_approved():
    jobs = release()
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "build": None,
        "attest": "build",
        "publish": "attest",
        "announce": "publish",
    }
    runs = [step["run"] for step in steps(jobs["build"]) if "run" in step]
    assert runs.index(".ci/run") < next(i for i, run in enumerate(runs) if "make package" in run)
    assert jobs["publish"]["environment"] == "pypi"
    assert "password" not in str(jobs["publish"])


def test_the_release_takes_up_what_the_makefile_builds():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (upload,) = [s for s in steps(release()["build"]) if "upload-artifact" in s.get("uses", "")]
    assert upload["with"]["path"] == "dist/release"
    (attest,) = [s for s in steps(release()["attest"]) if "attest-sbom" in s.get("uses", "")]
    assert attest["with"]["sbom-path"].removeprefix("release/") in makefile
    assert "dist/release" in makefile


def test_what_is_built_names_the_repository_that_builds_it():
    (build,) = [s["run"] for s in steps(release()["build"]) if "make package" in s.get("run", "")]
    assert 'SPINMARK_REPOSITORY="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"' in build


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.name)
def test_each_form_says_that_it_is_public_and_asks_to_look_again(path: Path):
    body = read(path)["body"]
    assert "What you write here is public" in body[0]["attributes"]["value"]
    assert body[-1]["id"] == "privacy"
    assert all(option["required"] for option in body[-1]["attributes"]["options"])


def test_there_is_a_form_for_each_thing_that_people_report():
    assert [path.stem[2:] for path in FORMS] == ["false-flag", "missed-passage", "bug", "feature"]
    assert read(ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml")["blank_issues_enabled"] is False
