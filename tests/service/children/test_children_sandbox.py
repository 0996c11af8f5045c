"""Children of the service in their sandbox: the same answers, the level told, and `require`."""

from __future__ import annotations

import logging

import pytest

import unconfinable_child
from hostile_parent import confines
from kept_pictures import file, sha256
from studio_detector import Detector, Settings
from studio_detector.errors import ConfigError, MissingExtraError
from studio_detector.imaging.landlock import abi
from studio_detector.pipeline.versions import pipeline_version
from studio_detector.service.children import children as children_module
from studio_detector.service.children.outcome import new_result
from studio_detector.service.records import Work

pytestmark = confines

PICTURES = [file(seed) for seed in range(1, 5)]


def rows(children, phases):
    """Of every picture, but for what no two runs share."""
    found = []
    for data in PICTURES:
        row = children.analyse(data, sha256=sha256(data), variant="default", phases=phases)
        assert "error" not in row
        found.append({key: value for key, value in row.items() if key != "timing_ms"})
    return found


def drawn(children, result):
    """The page and every overlay of a result."""
    data = PICTURES[0]
    overlays = {
        name: children.overlay(data, result, name) for name in children.overlay_names(result)
    }
    return children.report_page(data, result), overlays


class TestAnswers:
    @pytest.mark.parametrize("engine", ["opencv", "onnxruntime"])
    def test_rows_are_the_same(self, make_children, engine):
        """Whatever computes the network, and under every policy of phases."""
        settings = {"default": Settings(network_engine=engine)}
        try:
            Detector(settings["default"]).close()
        except MissingExtraError as error:
            pytest.skip(error.message)
        with (
            make_children(settings, sandbox="require") as confined,
            make_children(settings, sandbox="off") as free,
        ):
            assert confined.start().is_full
            for phases in ("auto", "lighting", "all"):
                assert rows(free, phases) == rows(confined, phases)

    def test_pages_and_overlays_are_the_same(self, make_children):
        """Libraries that draw are loaded when the first is asked for."""
        data = PICTURES[0]
        version = pipeline_version(Detector(Settings(phases="all")))
        work = Work(variant="default", pipeline_version=version, phases="all")
        with make_children(sandbox="require") as confined, make_children(sandbox="off") as free:
            row = free.analyse(data, sha256=sha256(data), variant="default", phases="all")
            result = new_result(row, tenant="t", work=work)

            assert drawn(free, result) == drawn(confined, result)
            assert confined._drawers[0].start().is_full

    def test_a_model_in_a_file_serves_every_policy(self, make_children, tmp_path, monkeypatch):
        """It is read before the child is confined, by whatever path it was named."""
        from importlib.resources import files

        model = files("studio_detector.decision").joinpath("models/cues.json").read_text()
        (tmp_path / "own.json").write_text(model)
        monkeypatch.chdir(tmp_path)
        with make_children({"default": Settings(model="own.json")}, sandbox="require") as children:
            assert children.start().is_full
            assert rows(children, "auto")
            (tmp_path / "own.json").unlink()
            assert rows(children, "all")


class TestLevel:
    def test_it_is_logged_when_the_children_start(self, make_children, caplog):
        """Once for all of them."""
        with caplog.at_level(logging.INFO), make_children(size=2) as children:
            found = children.start()

        (record,) = [entry for entry in caplog.records if "confined" in entry.message]
        assert found.is_full
        assert logging.INFO == record.levelno
        assert f"confined by Landlock {abi()} and seccomp" in record.message

    def test_less_than_all_is_a_warning(self, make_children, caplog):
        """Also where it was asked for."""
        with make_children(sandbox="off") as children:
            children.start()

        (record,) = [entry for entry in caplog.records if "confined" in entry.message]
        assert logging.WARNING == record.levelno
        assert "limits alone" in record.message

    @pytest.mark.parametrize("start", ["start", "start_drawing"])
    def test_what_is_required_and_missing_is_told_at_once(self, make_children, monkeypatch, start):
        """It is no crash, after which another child would be tried."""
        monkeypatch.setattr(children_module, "_ENTRY", unconfinable_child.__name__)
        with make_children(sandbox="auto") as children:
            assert not getattr(children, start)().is_full
        with make_children(sandbox="require") as children, pytest.raises(ConfigError) as caught:
            getattr(children, start)()

        assert "sandbox_missing" == caught.value.code
