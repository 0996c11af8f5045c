"""Settings of the service: short variables, one section of a file, nothing secret shown."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from studio_detector.config import render
from studio_detector.config.keys import all_keys, names_by_variable
from studio_detector.config.load import load_settings, settings_from_values
from studio_detector.errors import ConfigError
from studio_detector.pipeline.settings import Settings
from studio_detector.service.settings import ServiceSettings

DATABASE = "postgresql+psycopg://studio:hunter2@db.example/studio"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_no_variable_sets_two_things():
    """Although those of the service leave out the name of their section."""
    assert {1} == set(Counter(key.variable for key in all_keys().values()).values())
    assert len(names_by_variable()) == len(all_keys())


def test_the_folder_is_set_by_its_variable():
    """STUDIO_DETECTOR_DATA_DIR, as promised."""
    resolved = load_settings(environ={"STUDIO_DETECTOR_DATA_DIR": "/srv/studio"})

    assert "/srv/studio" == resolved.service.data_dir
    assert "environment STUDIO_DETECTOR_DATA_DIR" == str(resolved.origins["service.data_dir"])
    assert Settings() == resolved.settings


def test_a_section_of_a_file_sets_the_service(tmp_path):
    """Beside the settings of the analysis."""
    path = tmp_path / "studio.toml"
    path.write_text('model = "cues"\n[service]\nport = 9000\nfetch_hosts = ["a.example"]\n')

    resolved = load_settings(environ={"STUDIO_DETECTOR_CONFIG": str(path)})

    assert 9000 == resolved.service.port
    assert ("a.example",) == resolved.service.fetch_hosts
    assert "cues" == resolved.settings.model


@pytest.mark.parametrize(
    ("value", "port"), [("9001", 9001), ("tcp://10.0.0.1:80", ServiceSettings().port)]
)
def test_a_port_made_by_kubernetes_is_not_ours(value, port):
    """Both call it STUDIO_DETECTOR_PORT; only ours is a number."""
    assert port == load_settings(environ={"STUDIO_DETECTOR_PORT": value}).service.port


def test_what_other_commands_look_for_is_no_setting():
    """Its variables disturb no other command."""
    names = ("URL", "API_KEY", "CALLBACK_SECRET")
    environ = {f"STUDIO_DETECTOR_{name}": "http://studio.example" for name in names}

    assert load_settings(environ=environ).settings == Settings()


def test_workers_elsewhere_need_a_database():
    """A broker alone would carry jobs that nobody finds."""
    with pytest.raises(ConfigError, match=r"database_url.*broker_url from environment"):
        load_settings(environ={"STUDIO_DETECTOR_BROKER_URL": "redis://127.0.0.1"})


@pytest.mark.parametrize("form", [render.as_json, render.as_toml, render.as_rows])
def test_nothing_secret_is_shown_unasked(form):
    """Neither the password in an address nor a secret."""
    resolved = load_settings(
        environ={
            "STUDIO_DETECTOR_DATABASE_URL": DATABASE,
            "STUDIO_DETECTOR_CALLBACK_SECRETS": SECRET,
        }
    )

    shown, whole = (str(form(resolved, origin=True, secrets=asked)) for asked in (False, True))

    assert "hunter2" not in shown
    assert SECRET not in shown
    assert "studio:***@db.example/studio" in shown
    assert "hunter2" in whole
    assert SECRET in whole


def test_variants_set_the_analysis_and_nothing_else():
    """As a file would, on top of the settings in force."""
    base = Settings(variant="b")

    changed = settings_from_values(base, {"model": "cues", "limits.max_pixels": 5}, place="v.toml")

    assert ("cues", 5, "b") == (changed.model, changed.limits.max_pixels, changed.variant)
    for values, named in (({"service.port": 1}, "service.port"), ({"modell": "x"}, "modell")):
        with pytest.raises(ConfigError, match=rf"v\.toml: '{named}'"):
            settings_from_values(base, values, place="v.toml")


def test_the_command_shows_the_service_too():
    """With the address of the database without its password."""
    resolved = load_settings(environ={"STUDIO_DETECTOR_DATABASE_URL": DATABASE})

    data = json.loads(render.as_json(resolved, origin=False))

    assert "postgresql+psycopg://studio:***@db.example/studio" == data["service"]["database_url"]
