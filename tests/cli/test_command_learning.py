"""The commands about labelled pictures: evaluate, compare, train."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from importlib.resources import files
from types import SimpleNamespace

import pytest

import labelled_folder
from learning.synthetic_examples import synthetic
from studio_detector.decision import model_file
from studio_detector.decision.shipped import load_model
from studio_detector.errors import EXIT_OK, EXIT_SOME_FAILED, EXIT_USAGE
from studio_detector.learning import extract, extras, train, variants
from studio_detector.learning.dataset import Dataset
from studio_detector.learning.fit import FitOptions


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return labelled_folder.make_table(tmp_path_factory.mktemp("table"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def without(monkeypatch):
    """Take a package away."""

    def without(*names):
        real = extras.importlib.import_module

        def import_module(name):
            if name.partition(".")[0] in names:
                raise ModuleNotFoundError(name)
            return real(name)

        monkeypatch.setattr(extras, "importlib", SimpleNamespace(import_module=import_module))

    return without


class TestEvaluate:
    def test_a_table_on_standard_output_and_a_report_where_asked(self, run, table, cache, tmp_path):
        """A table may be named itself; a picture that failed shows in the status."""
        out = tmp_path / "report"

        result = run(
            *("evaluate", table / "labels.csv", "--model", "rules", "--by", "hard, region"),
            *("--output", out, "--cache", cache, "--resamples", "100"),
        )

        assert EXIT_SOME_FAILED == result.exit_code
        assert result.stdout.startswith("rules@")
        assert "split test" in result.stdout.splitlines()[0]
        assert "size, aspect and file size alone" in result.stdout
        assert "left out broken.png" in result.stderr
        data = json.loads((out / "report.json").read_text(encoding="utf-8"))
        assert {"hard", "region"} <= {row["key"] for row in data["models"][0]["slices"]}
        assert (out / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        value = data["models"][0]["figures"][0]["value"]
        assert f"{value:.3f}" in result.stdout

    def test_several_models_stand_beside_each_other(self, run, cache, tmp_path):
        """In the order given, each once."""
        labelled_folder.make_folders(tmp_path / "set", groups=2)
        path = tmp_path / "mine.json"
        path.write_text(model_file.dumps(load_model("rules")), encoding="utf-8")

        result = run(
            *("evaluate", tmp_path / "set", "--model", path, "--model", path),
            *("--cache", cache, "--resamples", "100"),
        )

        assert EXIT_OK == result.exit_code
        assert 1 == sum(line.startswith("rules@") for line in result.stdout.splitlines())

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--by", "genre,colour"], "'colour' is none of genre, hard, region"),
            (["--split", "nowhere"], "no photographs in the split 'nowhere'"),
            (["--model", "ruels"], "did you mean 'rules'"),
        ],
    )
    def test_mistakes_are_told_with_the_way_out(self, run, table, arguments, message):
        """Before anything is measured."""
        result = run("evaluate", table, *arguments)

        assert EXIT_USAGE == result.exit_code
        assert message in result.stderr
        assert "" == result.stdout

    def test_a_set_that_is_not_there_is_told(self, run, tmp_path):
        """By its name."""
        result = run("evaluate", tmp_path / "absent", "--model", "rules")

        assert result.exit_code != EXIT_OK
        assert "there is no folder" in result.stderr

    @pytest.mark.parametrize(
        ("package", "extra"), [("jinja2", "report"), ("matplotlib", "report"), ("pyarrow", "train")]
    )
    def test_a_missing_package_is_told_before_the_work(
        self, run, without, table, tmp_path, package, extra
    ):
        """With the command that installs it."""
        without(package)

        result = run("evaluate", table, "--model", "rules", "--output", tmp_path / "r")
        assert EXIT_USAGE == result.exit_code
        assert f"pip install 'studio-detector[{extra}]'" in result.stderr
        assert "measured" not in result.stderr
        assert not (tmp_path / "r").exists()

    def test_without_a_page_its_packages_are_not_needed(self, run, without, cache, tmp_path):
        """The table is text."""
        labelled_folder.make_folders(tmp_path, groups=2)
        without("jinja2", "matplotlib")

        result = run(
            *("evaluate", tmp_path, "--model", "rules", "--cache", cache, "--resamples", "100")
        )
        assert EXIT_OK == result.exit_code


class TestCompare:
    def test_a_model_against_itself_cannot_be_told(self, run, table, cache):
        """In words and in JSON."""
        words = run(*("compare", "rules", "rules", table, "--cache", cache, "--resamples", "100"))
        data = run(
            *("compare", "rules", "rules", table, "--cache", cache, "--format", "json"),
            *("--resamples", "100"),
        )

        assert EXIT_OK == words.exit_code
        assert "The data cannot tell" in words.stdout
        assert "cannot tell" == json.loads(data.stdout)["winner"]

    def test_the_better_model_is_named(self, run, table, cache, tmp_path):
        """Against one that says the opposite."""
        rules = load_model("rules")
        document = model_file.to_document(rules)
        for head in ("lighting", "full"):
            document[head]["intercept"] *= -1
            for shape in document[head]["shapes"]:
                shape["log_odds"] = [-value for value in shape["log_odds"]]
        document["name"] = "opposite"
        path = tmp_path / "opposite.json"
        path.write_text(json.dumps(document), encoding="utf-8")

        result = run(*("compare", path, "rules", table, "--cache", cache, "--resamples", "200"))

        assert "B (rules@" in result.stdout
        assert ") is better than opposite@" in result.stdout


class TestTrain:
    @pytest.fixture
    def shipped(self):
        """Digest of everything in the folder of the shipped models."""

        def digest():
            folder = files("studio_detector.decision").joinpath("models")
            found = sorted((e.name, e.read_bytes()) for e in folder.iterdir() if e.is_file())
            return hashlib.sha256(repr(found).encode()).hexdigest()

        return digest

    @pytest.fixture
    def data(self, monkeypatch):
        """Sets by name of folder, with numbers that are known."""
        data = synthetic(400, groups=20)
        half = len(data.photos) // 2
        sets = {"base": data.photos[:half], "mine": data.photos[half:]}

        def measure(photos, **_):
            found = data.table.of([photo.name.split("/")[-1] for photo in photos])
            object.__setattr__(found, "names", tuple(photo.name for photo in photos))
            return found

        plan = train.TrainingPlan
        monkeypatch.setattr("studio_detector.learning.dataset.read_dataset", _reader(sets))
        monkeypatch.setattr(variants, "measure_photos", measure)
        monkeypatch.setattr(variants, "built_in_registry", lambda: data.registry)
        monkeypatch.setattr(extract, "built_in_registry", lambda: data.registry)
        monkeypatch.setattr(
            train,
            "TrainingPlan",
            lambda **given: plan(folds=2, repeats=1, grid=(FitOptions(shrinkage=1.0),), **given),
        )
        return data

    @pytest.mark.usefixtures("data")
    def test_extra_pictures_make_another_model_and_leave_the_package_alone(
        self, run, shipped, tmp_path, monkeypatch
    ):
        """With a card beside it."""
        monkeypatch.chdir(tmp_path)
        before = shipped()

        plain = run("train", "base", "--output", "plain.json")
        more = run("train", "base", "--extra", "mine")

        assert [EXIT_OK, EXIT_OK] == [plain.exit_code, more.exit_code]
        one = model_file.loads((tmp_path / "plain.json").read_text(), source="plain")
        two = model_file.loads((tmp_path / "custom.json").read_text(), source="custom")
        assert ("cues", "custom") == (one.name, two.name)
        assert one.full.shapes != two.full.shapes
        assert 200 == two.card["extra"]["photographs"]
        card = (tmp_path / "custom.md").read_text(encoding="utf-8")
        assert card.startswith("# Model card: custom\n")
        assert two.identity in more.stdout
        assert before == shipped()

    @pytest.mark.usefixtures("data")
    def test_recalibration_keeps_the_shapes(self, run, tmp_path, monkeypatch):
        """And needs nothing but the user's pictures."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("STUDIO_PHOTOS", raising=False)
        run("train", "base", "--output", "plain.json")

        result = run(
            *("train", "--recalibrate", "--model", "plain.json", "--extra", "mine"),
            *("--name", "ours"),
        )

        assert EXIT_OK == result.exit_code, result.stderr
        one = model_file.loads((tmp_path / "plain.json").read_text(), source="plain")
        two = model_file.loads((tmp_path / "ours.json").read_text(), source="ours")
        assert one.full.shapes == two.full.shapes
        assert one.full.calibration != two.full.calibration
        assert 200 == two.card["calibration_set"]["photographs"]

    @pytest.mark.usefixtures("data")
    def test_files_are_replaced_only_when_asked(self, run, tmp_path, monkeypatch):
        """And that is told before the fit."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "cues.md").write_text("mine", encoding="utf-8")

        refused = run("train", "base")
        assert EXIT_USAGE == refused.exit_code
        assert "'cues.md' exists" in refused.stderr
        assert not (tmp_path / "cues.json").exists()
        assert "mine" == (tmp_path / "cues.md").read_text(encoding="utf-8")

        asked = run("train", "base", "--overwrite")
        assert EXIT_OK == asked.exit_code
        assert (tmp_path / "cues.md").read_text(encoding="utf-8").startswith("# Model card")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "name the labelled set as LABELS"),
            (["--extra", "x"], "name the labelled set as LABELS"),
            (["x", "--model", "rules"], "add --recalibrate"),
            (["x", "--output", "model.txt"], "must end in .json"),
            (["x", "--name", "No!"], "lower-case"),
        ],
    )
    def test_mistakes_are_told_at_once(self, run, arguments, message, monkeypatch, tmp_path):
        """Not after an hour."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("STUDIO_PHOTOS", raising=False)

        result = run("train", *arguments)
        assert EXIT_USAGE == result.exit_code
        assert message in result.stderr

    @pytest.mark.usefixtures("data")
    def test_the_set_may_be_named_by_the_environment(self, run, tmp_path, monkeypatch):
        """As for the tests."""
        monkeypatch.chdir(tmp_path)

        result = run("train", env={"STUDIO_PHOTOS": "base"})

        assert EXIT_OK == result.exit_code
        assert (tmp_path / "cues.json").is_file()


def _reader(sets):
    return lambda path: Dataset(sets[str(path)])


@pytest.mark.parametrize("command", ["evaluate", "compare", "train"])
def test_help_stays_light(command):
    """Nothing heavy is imported to print it."""
    script = (
        "import sys; from studio_detector.cli.main import main\n"
        "try:\n"
        f"    main([{command!r}, '--help'])\n"
        "except SystemExit:\n"
        "    heavy = {'numpy', 'cv2', 'jinja2', 'matplotlib', 'scipy', 'pydantic', 'pyarrow'}\n"
        "    print('heavy:', sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert "Usage: studio-detector " + command in result.stdout
    assert "heavy: []" in result.stdout
