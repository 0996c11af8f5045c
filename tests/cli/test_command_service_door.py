"""Who is asked for a key when the service starts, and what is said of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from studio_detector.errors import EXIT_OK, EXIT_USAGE, ConfigError
from studio_detector.service.settings import ServiceSettings

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("STUDIO_DETECTOR_")
} | {"STUDIO_DETECTOR_MODEL": "rules"}


@pytest.mark.parametrize(
    ("host", "auth", "is_open"),
    [
        ("127.0.0.1", "auto", True),
        ("127.9.9.9", "auto", True),
        ("::1", "auto", True),
        ("localhost", "auto", True),
        ("127.0.0.1", "open", True),
        ("127.0.0.1", "keys", False),
        ("0.0.0.0", "auto", False),
        ("::", "auto", False),
        ("", "auto", False),
        ("10.0.0.5", "auto", False),
        ("studio.example", "auto", False),
        ("localhost.example", "auto", False),
        ("10.0.0.5", "keys", False),
    ],
)
def test_nobody_is_asked_on_this_machine_alone(host, auth, is_open):
    """Unless it is said otherwise."""
    assert is_open == ServiceSettings(host=host, auth=auth).is_open


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "", "studio.example"])
def test_open_to_others_is_no_setting(host):
    """Not even on purpose."""
    with pytest.raises(ConfigError, match="auth is open") as caught:
        ServiceSettings(host=host, auth="open")

    assert "config_invalid_value" == caught.value.code


def test_the_command_refuses_it_too(run, tmp_path):
    """Before anything is opened or made."""
    result = run("serve", "--host", "0.0.0.0", "--auth", "open", "--data-dir", tmp_path / "data")

    assert EXIT_USAGE == result.exit_code
    assert "auth is open and host is '0.0.0.0', which others reach" in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("option", "setting"),
    [("cors_origins", "['example.com']"), ("trusted_proxies", "['10.0.0.1/8']")],
)
def test_what_is_no_origin_or_network_is_told_at_the_start(run, tmp_path, option, setting):
    """And not at the first request."""
    file = tmp_path / "settings.toml"
    file.write_text(f"[service]\n{option} = {setting}\n")

    result = run("serve", "--config", file, "--port", "0", "--data-dir", tmp_path / "data")

    assert EXIT_USAGE == result.exit_code
    assert option in result.stderr


def started(folder, *words):
    """The process, its address, and what it said until it served."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "studio_detector", "serve", "--data-dir", str(folder)),
            *("--workers", "1", "--port", "0", *words),
        ],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"serves at (http://\S+)", line):
            return process, found[1], said
    pytest.fail(f"the service did not start: {said}")


def ended(process):
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert EXIT_OK == process.returncode, rest


def status(address, key=None):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{address}/api/v1/jobs", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.slow
class TestFirstKey:
    def test_it_is_printed_once_and_opens_everything(self, tmp_path):
        """The next start knows that there is one."""
        process, address, said = started(tmp_path, "--auth", "keys")
        (key,) = re.findall(r"\bsk_\w+$", said, re.MULTILINE)
        statuses = status(address), status(address, "sk_" + "A" * 40), status(address, key)
        ended(process)

        again, address, said_again = started(tmp_path, "--auth", "keys")
        still = status(address, key)
        ended(again)

        assert (401, 401, 200) == statuses
        assert "nobody is asked" not in said
        assert "sk_" not in said_again
        assert 200 == still

    def test_where_nobody_is_asked_that_is_said_instead(self, tmp_path):
        """Clearly, and with the way to change it."""
        process, address, said = started(tmp_path)
        found = status(address)
        ended(process)

        assert 200 == found
        assert "nobody is asked for a key" in said
        assert "--auth keys asks everybody" in said
        assert "sk_" not in said
