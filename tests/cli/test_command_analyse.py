"""The command that analyses: formats, reports, exit statuses."""

from __future__ import annotations

import csv
import io
import json

import pytest

from studio_detector.errors import (
    EXIT_ALL_FAILED,
    EXIT_BUG,
    EXIT_FOUND,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_USAGE,
)


class TestLines:
    def test_each_photo_is_one_line_of_json_in_order(self, run, photo):
        """With the keys of the issue."""
        names = [photo("b.jpg", "studio"), photo("a.jpg", "natural")]

        result = run(*names)

        assert EXIT_OK == result.exit_code
        assert names == [line["path"] for line in result.lines]
        assert [True, False] == [line["is_studio"] for line in result.lines]
        keys = "path is_studio confidence label phase components model version timing_ms warnings"
        assert set(keys.split()) <= set(result.lines[0])

    def test_a_bad_photo_has_its_line_and_the_others_go_on(self, run, photo):
        """Null, null, and the error; a message on standard error."""
        result = run(photo("a.jpg", "rubbish"), photo("b.jpg"))

        assert EXIT_SOME_FAILED == result.exit_code
        assert {
            "path": result.lines[0]["path"],
            "is_studio": None,
            "confidence": None,
            "error": {"code": "corrupt", "message": "it says 'rubbish'; copy it again"},
        } == result.lines[0]
        assert result.lines[1]["is_studio"] is True
        assert "failed (corrupt): it says 'rubbish'; copy it again" in result.stderr

    def test_each_line_is_written_before_the_next_photo_is_looked_at(self, run, photo):
        """An interrupted run has given what it had."""
        result = run(photo("a.jpg"), photo("b.jpg", "interrupt"), photo("c.jpg"))

        assert 130 == result.exit_code
        assert 1 == len(result.lines)
        assert "interrupted" in result.stderr
        assert "Traceback" not in result.stderr

    def test_verbose_adds_every_measurement(self, run, photo):
        """To the line and to the report."""
        plain, verbose = run(photo("a.jpg")), run("--verbose", photo("a.jpg"))

        assert {"measurements", "evidence", "missing"} <= set(verbose.lines[0])
        assert "measurements" not in plain.lines[0]
        assert "softness_px" in verbose.stderr
        assert "softness_px" not in plain.stderr

    def test_quiet_leaves_standard_error_empty(self, run, photo):
        """Whatever happens to the photos."""
        result = run("--quiet", photo("a.jpg"), photo("b.jpg", "rubbish"), "nowhere.jpg")

        assert "" == result.stderr
        assert 3 == len(result.lines)

    def test_what_decoders_in_c_say_stays_unsaid(self, run, photo, capfd):
        """They write past Python, unescaped; --debug lets them."""
        assert 1 == len(run(photo("a.tif", "chatty")).lines)
        assert "" == capfd.readouterr().err
        run("--debug", photo("a.tif", "chatty"))
        assert "TIFFFetchNormalTag" in capfd.readouterr().err

    def test_without_timing_the_clock_leaves_no_trace(self, run, photo):
        """In no format."""
        for form in ("jsonl", "json", "csv", "table"):
            result = run("--no-timing", "--format", form, photo("a.jpg"))

            assert "ms" not in result.stdout.split()
            assert "_ms" not in result.stdout
            assert " ms" not in result.stderr

    def test_several_photos_are_summed_up(self, run, photo):
        """One is not."""
        many = run(photo("a.jpg"), photo("b.jpg", "natural"), photo("c.jpg", "bad"))

        assert "3 photos: 1 natural, 1 studio, 1 failed\n" in many.stderr
        assert "1 photo" not in run(photo("a.jpg")).stderr

    def test_what_a_folder_left_out_is_said_to_people(self, run, photo, tmp_path):
        """Not to programs, and not when they asked for quiet."""
        photo("shoot/a.jpg")
        photo("shoot/notes.txt", "about the light")

        loud, quiet = run(tmp_path / "shoot"), run("-q", tmp_path / "shoot")

        assert "shoot: left out 1 other file without a picture\n" in loud.stderr
        assert "" == quiet.stderr
        assert 1 == len(loud.lines) == len(quiet.lines)

    def test_the_settings_reach_the_detector(self, run, photo):
        """Seen in the reasons of the report."""
        result = run("--set", "doubt_low=0.125", photo("a.jpg"))

        assert "outside 0.125 to 0.7" in result.stderr

    def test_standard_input_is_a_photo_named_dash(self, run):
        """Read as bytes."""
        result = run("-", stdin=b"natural")

        assert [("-", "natural")] == [(line["path"], line["label"]) for line in result.lines]
        assert "standard input: natural" in result.stderr

    def test_standard_input_can_be_given_once(self, run):
        """The second time there would be nothing left."""
        result = run("-", "-", stdin=b"natural")

        assert EXIT_USAGE == result.exit_code
        assert "only once" in result.stderr


class TestFormats:
    def test_json_is_one_array(self, run, photo):
        """Failures included."""
        result = run("--format", "json", photo("a.jpg"), photo("b.jpg", "bad"))

        assert ["studio", None] == [item.get("label") for item in json.loads(result.stdout)]

    def test_an_interrupted_array_stays_open(self, run, photo):
        """So that nobody takes it for whole."""
        result = run("--format", "json", photo("a.jpg"), photo("b.jpg", "interrupt"))

        with pytest.raises(json.JSONDecodeError):
            json.loads(result.stdout)

    def test_csv_has_a_header_and_a_row_for_each_photo(self, run, photo):
        """One table, whatever happened to the photos."""
        result = run("--format", "csv", photo("a.jpg"), photo("b.jpg", "bad"))

        rows = list(csv.DictReader(io.StringIO(result.stdout)))
        assert [("true", ""), ("", "corrupt")] == [(r["is_studio"], r["error_code"]) for r in rows]

    def test_csv_defuses_what_a_spreadsheet_would_run(self, run, photo, monkeypatch, tmp_path):
        """A file name is data; a negative number stays a number."""
        photo("=cmd|' /C calc'!A0.jpg", "uncertain")
        monkeypatch.chdir(tmp_path)

        result = run("--format", "csv", "--verbose", "=cmd|' /C calc'!A0.jpg")

        (row,) = csv.DictReader(io.StringIO(result.stdout))
        assert "'=cmd|' /C calc'!A0.jpg" == row["path"]
        assert "-12.0" == row["far_backdrop.tilt"]

    def test_the_table_has_a_row_for_each_photo(self, run, photo):
        """Without a terminal in plain columns."""
        result = run("--format", "table", photo("a.jpg"), photo("b.jpg", "bad"))

        header, first, second = result.stdout.splitlines()
        assert ["path", "verdict", "confidence", "phase", "ms", "warnings"] == header.split()
        assert ["studio", "0.900", "lighting", "17"] == first.split()[1:]
        assert "corrupt" == second.split()[1]

    def test_the_table_replaces_the_report(self, run, photo):
        """Messages about failures stay."""
        result = run("--format", "table", photo("a.jpg"), photo("b.jpg", "bad"))

        assert "phases" not in result.stderr
        assert "failed (corrupt)" in result.stderr


class TestStatuses:
    @pytest.mark.parametrize(
        ("contents", "options", "status"),
        [
            (["studio", "natural"], [], EXIT_OK),
            (["studio", "natural"], ["--fail-on", "uncertain"], EXIT_OK),
            (["studio", "natural"], ["--fail-on", "natural"], EXIT_FOUND),
            (
                ["studio", "uncertain"],
                ["--fail-on", "natural", "--fail-on", "uncertain"],
                EXIT_FOUND,
            ),
            (["studio", "bad"], [], EXIT_SOME_FAILED),
            (["studio", "bad"], ["--fail-on", "studio"], EXIT_SOME_FAILED),
            (["bad", "bad"], [], EXIT_ALL_FAILED),
            (["studio", "memory"], [], EXIT_SOME_FAILED),
            (["studio", "defect"], [], EXIT_BUG),
            (["plugin"], [], EXIT_BUG),
        ],
    )
    def test_the_outcomes_decide_the_status(self, run, photo, contents, options, status):
        """Defects before failures, failures before findings."""
        names = [photo(f"{at}.jpg", content) for at, content in enumerate(contents)]

        result = run(*options, *names)

        assert status == result.exit_code
        assert len(names) == len(result.lines)

    def test_a_defect_is_one_line_to_report(self, run, photo):
        """With the place, and a traceback only if asked for."""
        result = run(photo("a.jpg", "defect"))

        message = result.lines[0]["error"]["message"]
        assert "internal" == result.lines[0]["error"]["code"]
        assert message.startswith("ZeroDivisionError: by nothing at conftest.py:")
        assert "please report" in message
        assert "Traceback" not in result.stderr
        assert "Traceback" in run("--debug", photo("a.jpg", "defect")).stderr
        assert "Traceback" in run("analyse", "--debug", photo("a.jpg", "plugin")).stderr

    def test_a_defect_outside_of_photos_is_one_line_too(self, run, photo, monkeypatch):
        """Status 70, nothing on standard output."""
        monkeypatch.setattr("studio_detector.cli.analyse.expand", lambda *_: 1 / 0)

        result = run(photo("a.jpg"))

        assert EXIT_BUG == result.exit_code
        assert "" == result.stdout
        assert 1 == len(result.stderr.splitlines())
        assert "studio-detector doctor" in result.stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["analyse"],
            ["--no-such-option", "a.jpg"],
            ["--format", "xml", "a.jpg"],
            ["--fail-on", "sunny", "a.jpg"],
            ["--phases", "none", "a.jpg"],
            ["--set", "nothing=1", "a.jpg"],
            ["--set", "nothing", "a.jpg"],
            ["--config", "no-such-file.toml", "a.jpg"],
            ["--enable", "no_such_analysis", "a.jpg"],
            ["completion", "powershell"],
            ["config", "hide"],
        ],
    )
    def test_mistakes_of_usage_are_status_2(self, run, arguments):
        """Before any photo is looked at, with one message and no traceback."""
        result = run(*arguments)

        assert EXIT_USAGE == result.exit_code
        assert "" == result.stdout
        assert result.stderr
        assert "Traceback" not in result.stderr


class TestDefaultCommand:
    def test_photos_need_no_command(self, run, photo):
        """With options before or after them."""
        name = photo("a.jpg")

        for arguments in ([name], ["analyse", name], ["--quiet", name], [name, "-q"]):
            assert [name] == [line["path"] for line in run(*arguments).lines]

    def test_a_file_named_like_a_command_is_reached_another_way(
        self, run, photo, monkeypatch, tmp_path
    ):
        """By the command's name or by its folder."""
        photo("doctor")
        monkeypatch.chdir(tmp_path)

        for arguments in (["analyse", "doctor"], ["./doctor"], ["-q", "doctor"]):
            assert [arguments[-1]] == [line["path"] for line in run(*arguments).lines]
        assert "versions" in run("doctor").stdout

    def test_a_file_that_begins_with_a_dash_is_reached_after_two(
        self, run, photo, monkeypatch, tmp_path
    ):
        """With and without the command."""
        photo("-x.jpg")
        monkeypatch.chdir(tmp_path)

        for arguments in (["--", "-x.jpg"], ["analyse", "-q", "--", "-x.jpg"], ["--", "-?.jp*"]):
            assert ["-x.jpg"] == [line["path"] for line in run(*arguments).lines]
        assert ["./-x.jpg"] == [line["path"] for line in run(".").lines]
        assert EXIT_USAGE == run("-x.jpg").exit_code


class TestHostileNames:
    @pytest.mark.parametrize(
        "name",
        [
            "new\nline.jpg",
            "\x1b[31mred.jpg",
            "rtl\u202egpj.exe.jpg",
            "caff\udce9.jpg",
            "tab\t.jpg",
            '"q".jpg',
        ],
    )
    def test_names_are_exact_in_json_and_harmless_on_a_terminal(self, run, photo, name, tmp_path):
        """Found in a folder, good or bad."""
        photo(name)
        photo(f"bad{name}", "bad")

        result = run(tmp_path)

        assert {str(tmp_path / name), str(tmp_path / f"bad{name}")} == {
            line["path"] for line in result.lines
        }
        assert all(line.isprintable() for line in result.stderr.splitlines())

    def test_csv_keeps_the_bytes_of_a_name(self, run, photo):
        """So that the file can be found again."""
        name = photo("caff\udce9\n.jpg")

        result = run("--format", "csv", "-q", name)

        assert f'"{name}"'.encode("utf-8", "surrogateescape") in result.stdout_bytes


class TestColours:
    @pytest.mark.parametrize(
        ("env", "coloured"),
        [
            ({}, False),
            ({"FORCE_COLOR": "1"}, True),
            ({"FORCE_COLOR": "0"}, False),
            ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ],
    )
    def test_a_pipe_gets_colours_only_by_force(self, run, photo, env, coloured):
        """And NO_COLOR wins; standard output is never coloured."""
        result = run(photo("a.jpg"), env=env)

        assert coloured == ("\x1b[" in result.stderr)
        assert "\x1b[" not in result.stdout
