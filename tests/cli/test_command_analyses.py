"""``analyses``: the list of what is measured, and one analysis alone on one photo."""

from __future__ import annotations

import json

import pytest
from PIL import Image

import synthetic_scenes
from studio_detector.analysis.lighting import shadow
from studio_detector.analysis.registry import Registry
from studio_detector.decision.model_file import dumps
from studio_detector.decision.shipped import load_model
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_BUG, EXIT_OK, EXIT_USAGE
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings


class TestAnalyses:
    def test_every_measurement_is_listed(self, run):
        """With unit, range and source, in each form."""
        measures = Registry.load().measures()

        table = run("analyses").stdout
        data = json.loads(run("analyses", "--format", "json").stdout)
        markdown = run("analyses", "--format", "markdown").stdout

        assert list(measures) == [line.split()[0] for line in table.splitlines()[1:]]
        assert list(measures) == [m["name"] for spec in data for m in spec["measures"]]
        assert all(f"| `{key.partition('.')[2]}` |" in markdown for key in measures)

    @pytest.mark.parametrize("form", ["table", "json", "markdown"])
    def test_one_analysis_is_listed_alone(self, run, form):
        """The same lines as in the whole list, and no other."""
        whole = run("analyses", "--format", form).stdout
        alone = run("analyses", "shadow", "--format", form).stdout

        if form == "json":
            assert [spec for spec in json.loads(whole) if spec["name"] == "shadow"] == json.loads(
                alone
            )
        elif form == "markdown":
            assert alone in whole
            assert 1 == alone.count("## ")
        else:
            names = [line.split()[0] for line in alone.splitlines()[1:]]
            assert [k for k in Registry.load().measures() if k.startswith("shadow.")] == names

    @pytest.mark.parametrize(
        ("arguments", "hint"),
        [
            (["shado"], "did you mean 'shadow'?"),
            (["--on", "x.jpg"], "name it"),
            (["shadow", "--overlays", "out"], "--on PHOTO"),
            (["shadow", "--on", "x.jpg", "--model", "ruls"], "did you mean 'rules'?"),
        ],
    )
    def test_what_cannot_be_meant_is_told(self, run, arguments, hint):
        """With the next step, before anything is decoded."""
        result = run("analyses", *arguments)

        assert EXIT_USAGE == result.exit_code
        assert hint in result.stderr
        assert "" == result.stdout


@pytest.fixture
def ball(tmp_path):
    """A lit ball before a seamless, written without loss."""
    path = tmp_path / "ball.png"
    Image.fromarray(synthetic_scenes.sample("one_soft_light")).save(path)
    return path


class TestAnalysisOnAPhoto:
    def test_every_number_is_shown_in_every_form(self, run, ball):
        """With its unit, its range, its evidence and the milliseconds."""
        command = ("analyses", "background", "--on", ball, "--model", "rules")

        data = json.loads(run(*command, "--format", "json").stdout)
        table = run(*command).stdout
        markdown = run(*command, "--format", "markdown").stdout

        names = [m.name for m in Registry.load().get("background").SPEC.measures]
        assert names == [m["name"].partition(".")[2] for m in data["analysis"]["measures"]]
        assert all(f"\n{name} " in table for name in names)
        assert all(f"| `{name}` |" in markdown for name in names)
        assert data["time_ms"]["first"] > 0
        assert data["model"].startswith("rules@")
        assert data["log_odds"]["lighting"] > 0, "a seamless speaks for a studio"
        assert f"{data['log_odds']['lighting']:+.2f} where lighting" in table
        assert "0 to 1" in table

    def test_its_numbers_are_those_of_a_verdict(self, run, ball):
        """One component alone finds what it finds among the others."""
        with Detector(Settings(model="rules", phases="all")) as detector:
            report = detector.analyse(str(ball))
        for name in report.measurements:
            output = run("analyses", name, "--on", ball, "--model", "rules", "--format", "json")
            data = json.loads(output.stdout)
            values = {m["name"]: m["value"] for m in data["analysis"]["measures"]}
            assert {
                f"{name}.{measure}": value
                for measure, value in report.measurements[name].values.items()
            } == values
            if name in (sums := report.evidence.by_component()):
                assert sums[name] == pytest.approx(data["log_odds"]["full"], abs=1e-12)

    def test_missing_numbers_have_their_reason(self, run, tmp_path):
        """Said once for all that share it."""
        path = tmp_path / "dot.png"
        Image.new("RGB", (2, 2)).save(path)

        result = run("analyses", "texture", "--on", path, "--model", "rules")

        count = len(Registry.load().get("texture").SPEC.measures)
        reasons = [line for line in result.stdout.splitlines() if line.startswith("missing, for")]
        assert count == result.stdout.count(" missing ")
        assert count == sum(line.count(",") for line in reasons)

    def test_its_overlays_are_written(self, run, ball, tmp_path):
        """Those of this analysis, and only those."""
        out = tmp_path / "overlays"

        result = run(*("analyses", "shadow", "--on", ball, "--model", "rules", "--overlays", out))

        written = sorted(path.name for path in out.iterdir())
        assert [
            "gradient_direction.png",
            "gradient_magnitude.png",
            "shadow_softness.png",
        ] == written
        assert all(name in result.stderr for name in written)
        with Image.open(out / written[0]) as image:
            assert 512 == image.width

    def test_an_analysis_without_overlays_says_so(self, run, ball, tmp_path):
        """Rather than leaving an empty folder behind."""
        out = tmp_path / "overlays"

        result = run("analyses", "network", "--on", ball, "--model", "rules", "--overlays", out)

        assert EXIT_OK == result.exit_code
        assert "no overlay shows the analysis network" in result.stderr
        assert not out.exists()

    def test_a_broken_photo_fails_as_everywhere(self, run, ball, tmp_path):
        """With its code and its status."""
        broken = tmp_path / "broken.png"
        broken.write_bytes(ball.read_bytes()[:2000])

        result = run("analyses", "shadow", "--on", broken, "--model", "rules")

        assert EXIT_ALL_FAILED == result.exit_code
        assert "failed (truncated)" in result.stderr
        assert "" == result.stdout

    def test_a_defect_of_the_analysis_is_told(self, run, ball, monkeypatch):
        """As a failure of the photo, with the status of a defect."""

        def broken(planes):
            raise ZeroDivisionError("by nothing")

        monkeypatch.setattr(shadow, "measure", broken)

        result = run("analyses", "shadow", "--on", ball, "--model", "rules")

        assert EXIT_BUG == result.exit_code
        assert "failed (analysis_failed)" in result.stderr
        assert "ZeroDivisionError: by nothing" in result.stderr

    def test_a_model_for_another_version_takes_the_evidence_and_nothing_else(
        self, run, ball, tmp_path
    ):
        """The numbers of an analysis under development can be seen before the model is refitted."""
        model = tmp_path / "old.json"
        text = json.loads(dumps(load_model("rules")))
        text["analyses"] = {"shadow": 999}
        model.write_text(json.dumps(text), encoding="utf-8")

        command = ("analyses", "shadow", "--on", ball, "--model", model)
        data = json.loads(run(*command, "--format", "json").stdout)
        table = run(*command)

        assert EXIT_OK == table.exit_code
        assert "no evidence: " in table.stdout
        assert "version 999" in data["model_problem"]
        assert data["model"] is None
        assert any(measure["value"] is not None for measure in data["analysis"]["measures"])
        assert all(
            {"lighting": None, "full": None} == measure["log_odds"]
            for measure in data["analysis"]["measures"]
        )

    @pytest.mark.parametrize("form", ["table", "json", "markdown"])
    def test_a_hostile_name_stays_text(self, run, ball, tmp_path, form):
        """No escape sequence, no line of its own, no markup."""
        hostile = tmp_path / "x`\n\x1b[2J<script>|.png"
        hostile.write_bytes(ball.read_bytes())

        out = run(
            *("analyses", "shadow", "--on", hostile, "--model", "rules", "--format", form)
        ).stdout

        assert "\x1b" not in out
        if form == "json":
            assert str(hostile) == json.loads(out)["photo"]
        else:
            assert r"\n\x1b[2J<script>" in out.splitlines()[0]
            assert form == "table" or " on ``" in out.splitlines()[0], "a code span that holds it"
