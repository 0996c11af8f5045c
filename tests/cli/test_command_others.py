"""The commands beside analyse."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib

import pytest

from hostile_parent import confines
from studio_detector.cli.exits import STATUSES
from studio_detector.cli.main import program
from studio_detector.config.keys import all_keys
from studio_detector.errors import EXIT_OK, EXIT_USAGE
from studio_detector.imaging import IsolatedLoader
from studio_detector.imaging.landlock import abi
from studio_detector.imaging.sandbox import Confinement
from studio_detector.version import VERSION


class TestConfigShow:
    def test_every_setting_is_shown(self, run):
        """As a table, as JSON and as TOML."""
        table = run("config", "show").stdout
        data = json.loads(run("config", "show", "--format", "json", "--origin").stdout)
        toml = tomllib.loads(run("config", "show", "--format", "toml").stdout)

        assert list(all_keys()) == [line.split()[0] for line in table.splitlines()[1:]]
        assert list(all_keys()) == list(data)
        assert 512 == toml["working_size_px"]

    def test_origins_name_file_variable_and_option(self, run, tmp_path):
        """And the options with a name of their own."""
        path = tmp_path / "s.toml"
        path.write_text("[limits]\nmax_frames = 5\n", encoding="utf-8")

        data = json.loads(
            run(
                *("config", "show", "--origin", "--format", "json", "--config", path),
                *("--model", "rules", "--isolate", "--set", "variant=b", "--disable", "shadow"),
                env={"STUDIO_DETECTOR_DOUBT_LOW": "0.1"},
            ).stdout
        )

        origins = {name: entry["origin"] for name, entry in data.items()}
        assert f"file {path}:2" == origins["limits.max_frames"]
        assert "environment STUDIO_DETECTOR_DOUBT_LOW" == origins["doubt_low"]
        assert "option --model" == origins["model"]
        assert "option --isolate" == origins["isolate"]
        assert "option --set variant" == origins["variant"]
        assert "option --disable" == origins["disabled_analyses"]
        assert "default" == origins["phases"]

    def test_an_option_with_a_name_wins_over_set(self, run):
        """It is the more particular one."""
        for arguments in (
            ["--set", "model=a", "--model", "b"],
            ["--model", "b", "--set", "model=a"],
        ):
            toml = run("config", "show", "--format", "toml", *arguments).stdout
            assert "b" == tomllib.loads(toml)["model"]


class TestDoctor:
    def test_it_tells_versions_formats_limits_model_and_extras(self, run):
        """Everything a report of a defect needs."""
        result = run("doctor", "--format", "json", "--model", "rules")

        data = json.loads(result.stdout)
        assert EXIT_OK == result.exit_code
        assert VERSION == data["versions"]["studio-detector"]
        assert {"JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC"} == set(data["formats"])
        assert "200,000,000" == data["limits"]["max_pixels"]
        assert data["decision"]["model"].startswith("rules@")
        assert {"heic", "yaml", "train"} <= set(data["extras"])

    @confines
    def test_it_tells_how_processes_that_meet_pictures_are_confined(self, run):
        """As one of them says, in both forms."""
        data = json.loads(run("doctor", "--format", "json", "--model", "rules").stdout)
        text = run("doctor", "--model", "rules").stdout

        found = f"Landlock {abi()} and seccomp"
        assert {"level": "full", "confined by": found} == data["sandbox"]
        assert re.search(rf"^  level +full\n  confined by +{found}$", text, re.MULTILINE)

    def test_less_than_all_is_not_called_full(self, run, monkeypatch):
        """As on a system that has limits alone."""
        monkeypatch.setattr(IsolatedLoader, "start", lambda _: Confinement())
        data = json.loads(run("doctor", "--format", "json", "--model", "rules").stdout)

        assert {"level": "partial", "confined by": "limits alone"} == data["sandbox"]

    def test_the_limits_are_those_in_force(self, run):
        """Not the defaults."""
        result = run("doctor", "--set", "limits.max_pixels=1234567")

        assert "1,234,567" in result.stdout

    def test_a_problem_is_told_beside_everything_else(self, run):
        """And decides the status."""
        result = run("doctor", "--model", "no_such_model")

        assert EXIT_USAGE == result.exit_code
        assert "problem: there is no model named 'no_such_model'" in result.stdout
        assert "numpy" in result.stdout


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_the_script_is_for_that_shell(self, run, shell):
        """And calls this command back."""
        script = run("completion", shell).stdout

        assert f"_STUDIO_DETECTOR_COMPLETE={shell}_complete" in script
        if shutil.which(shell):
            subprocess.run([shell, "-n"], input=script.encode(), check=True)

    @pytest.mark.parametrize(
        ("words", "completions"),
        [
            ("studio-detector doc", {"plain,doctor", "file,doc"}),
            ("studio-detector --quiet ph", {"file,ph"}),
            ("studio-detector photo.jpg --fail-on nat", {"plain,natural"}),
            ("studio-detector config sh", {"plain,show"}),
            ("studio-detector analyse --phases l", {"plain,lighting"}),
        ],
    )
    def test_commands_options_and_files_are_completed(self, run, words, completions):
        """Also without the command's name."""
        result = run(
            env={
                "_STUDIO_DETECTOR_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": str(len(words.split()) - 1),
            }
        )

        assert completions == set(result.stdout.split())


class TestProgram:
    @pytest.mark.parametrize("arguments", [["--version"], ["--debug", "--version"]])
    def test_the_version_is_that_of_the_package(self, run, arguments):
        """On standard output, alone."""
        assert f"studio-detector {VERSION}\n" == run(*arguments).stdout

    @pytest.mark.parametrize("command", [[], *([name] for name in program.commands)])
    def test_every_command_has_help(self, run, command):
        """Every option with a sentence."""
        result = run(*command, "--help")

        assert EXIT_OK == result.exit_code
        assert "Usage: studio-detector" in result.stdout
        assert "" == result.stderr

    def test_every_status_has_a_meaning(self):
        """Also the ones that the outcomes of photos do not decide."""
        assert {0, 1, 2, 3, 4, 69, 70, 74, 130, 141} == set(STATUSES)
