"""A Prometheus that watches the run, where one is installed, and the pictures made from it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tools.faults.processes import answers

if TYPE_CHECKING:
    from tools.faults.processes import Process
    from tools.load.running import Setup

_ROOT = Path(__file__).resolve().parents[2]
_RULES = _ROOT / "deploy" / "prometheus" / "rules.yaml"
_PICTURES = _ROOT / "tools" / "dashboard_pictures.py"
_START_S = 30.0
_STOP_S = 30.0
_EVERY_S = 5.0


class MissingPrometheusError(RuntimeError):
    """Prometheus is not installed."""


class Prometheus:
    """Scrapes the processes of a service.

    Args:
        setup: The service, running.

    Raises:
        MissingPrometheusError: There is no ``prometheus`` in the PATH.
    """

    def __init__(self, setup: Setup) -> None:
        program = shutil.which("prometheus")
        if program is None:
            raise MissingPrometheusError(
                "there is no prometheus in the PATH; on Debian: apt-get install prometheus"
            )
        port = setup.crew.free_port()
        self.address = f"http://127.0.0.1:{port}"
        folder = setup.crew.folder / f"prometheus-{port}"
        folder.mkdir()
        # JSON is YAML, too.
        config = folder / "prometheus.yml"
        config.write_text(json.dumps(configuration(setup.metrics_addresses())), encoding="utf-8")
        self._process: Process = setup.crew.start(
            [
                program,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            log=folder / "log",
        )
        ready = b"GET /-/ready HTTP/1.0\r\n\r\n"
        self._process.wait_until(
            lambda: b" 200 " in answers(port, ready), _START_S, "Prometheus did not start"
        )

    def draw(self, begun_s: float, ended_s: float) -> None:
        """Have the dashboards drawn as they were during the run.

        Args:
            begun_s: Seconds since 1970.
            ended_s: Likewise.
        """
        moments = {"--start": begun_s, "--end": ended_s}
        command = [sys.executable, str(_PICTURES), "--prometheus", self.address]
        command += ["--scrape", f"{_EVERY_S:g}"]
        for option, moment in moments.items():
            command += [option, datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")]
        # It says itself which queries have no answer; the run has been measured all the same.
        subprocess.run(command, cwd=_ROOT, check=False)

    def stop(self) -> None:
        """End it."""
        self._process.stop(_STOP_S)


def configuration(addresses: list[str]) -> dict[str, object]:
    """What to scrape: the first address is the API's, the others are workers'.

    Args:
        addresses: For instance ``http://127.0.0.1:8000/metrics``.
    """
    hosts = [address.removeprefix("http://").removesuffix("/metrics") for address in addresses]
    every = f"{_EVERY_S:g}s"
    jobs = {"studio-api": hosts[:1], "studio-workers": hosts[1:]}
    return {
        "global": {"scrape_interval": every, "scrape_timeout": every},
        "rule_files": [str(_RULES)],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": targets}]}
            for name, targets in jobs.items()
            if targets
        ],
    }
