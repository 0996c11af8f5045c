"""What is locked: known weaknesses are looked up, and a release can say what it consists of."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import audit_deps
import pytest

from free_ports import free_port

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
WEAKNESS = "GHSA-aaaa-bbbb-cccc"

pytestmark = pytest.mark.skipif(not UV.exists(), reason="uv is not beside this Python")


@pytest.fixture
def service(httpserver):
    """A service that knows weaknesses of the packages that a test names."""

    def start(*weak):
        def answer(request):
            from werkzeug import Response

            found = [
                {"vulns": [{"id": WEAKNESS, "modified": "2026-01-01T00:00:00Z"}]}
                if query["package"]["name"] in weak
                else {}
                for query in request.get_json()["queries"]
            ]
            return Response(json.dumps({"results": found}), content_type="application/json")

        httpserver.expect_request("/v1/querybatch").respond_with_handler(answer)
        httpserver.expect_request(f"/v1/vulns/{WEAKNESS}").respond_with_json(
            {
                "id": WEAKNESS,
                "modified": "2026-01-01T00:00:00Z",
                "summary": "made up",
                "affected": [],
            }
        )
        return httpserver.url_for("").rstrip("/")

    return start


def nowhere():
    """An address that nobody listens at."""
    return f"http://127.0.0.1:{free_port()}"


def test_a_known_weakness_fails_the_check(service, capfd):
    assert audit_deps.FOUND == audit_deps.main(["--service", service("starlette")])
    out = capfd.readouterr().out
    assert WEAKNESS in out
    assert "starlette" in out


def test_packages_without_weaknesses_pass(service, capfd):
    assert 0 == audit_deps.main(["--strict", "--service", service()])
    assert "NOT LOOKED UP" not in capfd.readouterr().out


def test_a_weakness_that_was_looked_into_passes(service, monkeypatch):
    monkeypatch.setattr(audit_deps, "ACCEPTED", {WEAKNESS: "for this test"})
    assert 0 == audit_deps.main(["--service", service("starlette")])


def test_nobody_to_ask_is_said_and_fails_only_if_wanted(capfd):
    """Tests run without a network, and nobody takes silence for a clean answer."""
    address = nowhere()
    assert 0 == audit_deps.main(["--service", address])
    assert "KNOWN WEAKNESSES WERE NOT LOOKED UP" in capfd.readouterr().out
    assert audit_deps.NOT_LOOKED_UP == audit_deps.main(["--strict", "--service", address])


def test_a_service_that_answers_nonsense_is_not_taken_for_a_clean_answer(httpserver, capfd):
    httpserver.expect_request("/v1/querybatch").respond_with_data("no", status=500)
    address = httpserver.url_for("").rstrip("/")
    assert 0 != audit_deps.main(["--strict", "--service", address])
    audit_deps.main(["--service", address])
    assert "NOT LOOKED UP" in capfd.readouterr().out


def test_the_bill_of_materials_names_every_direct_dependency(tmp_path):
    """With its version and hashes, as they are locked."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    words = re.search(r"\$\(UV\) (export [^>]*?sbom-export.*?)--output-file", recipe, re.DOTALL)[1]
    path = tmp_path / "sbom.cdx.json"
    subprocess.run(
        [str(UV), *words.replace("\\\n", " ").split(), "--output-file", str(path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    bill = json.loads(path.read_text(encoding="utf-8"))

    assert "CycloneDX" == bill["bomFormat"]
    components = {component["name"]: component for component in bill["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = itertools.chain(project["dependencies"], *project["optional-dependencies"].values())
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")
        component = components[name]
        assert component["version"]
        assert component["purl"].startswith(f"pkg:pypi/{name}@")
        assert component["externalReferences"][0]["hashes"]
