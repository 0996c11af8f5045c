"""Without a secret in the settings one is made, once, for this user alone."""

from __future__ import annotations

import base64
import logging
import os
import stat
import subprocess
import sys

import pytest

from studio_detector.client.webhook import parse_secret
from studio_detector.errors import ConfigError, OutputError
from studio_detector.service.callbacks.sign import SECRET_FILE, Signer, open_signer
from studio_detector.service.settings import ServiceSettings

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(24))).decode()


def test_secrets_of_the_settings_come_first_and_no_file_is_made(tmp_path):
    signer = open_signer(ServiceSettings(callback_secrets=(SECRET, OTHER)), tmp_path)
    assert signer == Signer.of([SECRET, OTHER])
    assert list(tmp_path.iterdir()) == []


def test_one_is_made_and_kept(tmp_path):
    first = open_signer(ServiceSettings(), tmp_path)
    assert open_signer(ServiceSettings(), tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]
    assert first.keys == (parse_secret((tmp_path / SECRET_FILE).read_text().strip()),)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_this_user_may_read_it(tmp_path):
    open_signer(ServiceSettings(), tmp_path)
    assert stat.S_IMODE((tmp_path / SECRET_FILE).stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_file_that_others_may_read_is_mentioned(tmp_path, caplog):
    (tmp_path / SECRET_FILE).write_text(SECRET)
    (tmp_path / SECRET_FILE).chmod(0o644)
    with caplog.at_level(logging.WARNING):
        open_signer(ServiceSettings(), tmp_path)
    assert "chmod 600" in caplog.text
    assert SECRET not in caplog.text


def test_workers_on_other_machines_need_a_set_secret(tmp_path, caplog):
    settings = ServiceSettings(broker_url="redis://h", database_url="postgresql+psycopg://h/d")
    with caplog.at_level(logging.WARNING):
        open_signer(settings, tmp_path)
    assert "callback_secrets" in caplog.text


def test_ten_processes_that_start_at_once_agree(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from studio_detector.service.callbacks.sign import open_signer\n"
        "from studio_detector.service.settings import ServiceSettings\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"print(open_signer(ServiceSettings(), Path({str(tmp_path)!r})).keys[0].hex())\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(10)
    ]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate(timeout=60)[0] for process in started}
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


@pytest.mark.parametrize("content", [b"", b"whsec_short", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_holds_no_secret_is_named(tmp_path, content):
    (tmp_path / SECRET_FILE).write_bytes(content)
    (tmp_path / SECRET_FILE).chmod(0o600)
    with pytest.raises(ConfigError, match=SECRET_FILE) as caught:
        open_signer(ServiceSettings(), tmp_path)
    assert caught.value.code == "config_invalid_value"


def test_a_folder_that_is_not_there_is_an_output_that_failed(tmp_path):
    with pytest.raises(OutputError, match="callback_secrets") as caught:
        open_signer(ServiceSettings(), tmp_path / "none")
    assert caught.value.code == "output_failed"


def test_a_folder_in_its_place_is_an_output_that_failed(tmp_path):
    (tmp_path / SECRET_FILE).mkdir()
    with pytest.raises(OutputError):
        open_signer(ServiceSettings(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]
