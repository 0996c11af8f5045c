"""What each extra is for, tried in an environment that has it and no other."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from tools.wheel.environment import TrialError
from tools.wheel.serving import got, posted, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tools.wheel.environment import Environment

    Smoke = Callable[[Environment, Path], None]

_PARQUET = (
    "import sys, pyarrow.parquet as p; rows = p.read_table(sys.argv[1]).to_pylist();"
    "print(len(rows), sum(0 <= row['confidence'] <= 1 for row in rows))"
)
_SIGNED = (
    "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Key\n"
    "from cryptography.hazmat.primitives.serialization import "
    "Encoding, NoEncryption, PrivateFormat\n"
    "import httpx2\n"
    "from studio_detector.client import RequestSigner\n"
    "pem = Key.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())\n"
    "signer = RequestSigner('key', pem.decode())\n"
    "request = httpx2.Request('POST', 'http://127.0.0.1/', content=b'picture')\n"
    "print(next(signer.auth_flow(request)).headers['signature'])\n"
)
_TRACED = (
    "from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter\n"
    "from opentelemetry.sdk.trace import TracerProvider\n"
    "with TracerProvider().get_tracer('trial').start_as_current_span('span') as span:\n"
    "    print(f'{span.get_span_context().trace_id:032x}')\n"
)


def core(env: Environment, picture: Path) -> None:
    """A verdict, and a word for what needs an extra."""
    verdict = _verdict(env, picture)
    _must(verdict["label"] in {"studio", "natural", "uncertain"}, f"the verdict was {verdict}")
    said = env.run("studio-detector", "serve", status=2)
    _must("studio-detector[service]" in said, f"serve without its extra said: {said}")
    json.loads(env.run("studio-detector", "doctor", "--format", "json"))


def fast(env: Environment, picture: Path) -> None:
    """The network by ONNX Runtime."""
    _must(_doctor(env)["decision"]["network engine"].startswith("onnxruntime"), "no ONNX Runtime")
    _verdict(env, picture, "--set", "network_engine=onnxruntime")


def heic(env: Environment, picture: Path) -> None:
    """Pictures of phones."""
    del picture
    _must(_doctor(env)["formats"]["HEIC"].startswith("yes, pi-heif"), "HEIC is not decoded")
    env.run("python", "-c", "import pi_heif; pi_heif.register_heif_opener()")


def yaml(env: Environment, picture: Path) -> None:
    """Settings in YAML."""
    (env.folder / "settings.yaml").write_text("model: rules\n", encoding="utf-8")
    verdict = _verdict(env, picture, "--config", "settings.yaml")
    _must(verdict["model"].startswith("rules@"), f"the file was not read: {verdict['model']}")


def batch(env: Environment, picture: Path) -> None:
    """Rows in Parquet, with near duplicates."""
    folder = env.folder / "photos"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(picture.read_bytes() + bytes(number))
    words = ["batch", "photos", "--output", "rows.parquet", "--near-duplicates", "--workers", "1"]
    env.run("studio-detector", *words)
    found = env.run("python", "-c", _PARQUET, "rows.parquet").split()
    _must(found == ["3", "3"], f"rows and verdicts were {found}")


def report(env: Environment, picture: Path) -> None:
    """A page with overlays."""
    env.run("studio-detector", "explain", picture, "--output", "why.html")
    page = (env.folder / "why.html").read_text(encoding="utf-8")
    _must("<html" in page and "data:image/" in page, "the page has no picture")


def service(env: Environment, picture: Path) -> None:
    """The page, its script, a verdict over HTTP, and every part in order."""
    with serving(env) as address:
        posted(address, picture)
        page = got(address).decode()
        (script,) = re.findall(r'src="([^"]*main\.js)"', page)
        _must(b"import" in got(urljoin(f"{address}/", script)), "the page has no script")
        words = ["doctor", "--service", "--data-dir", "data", "--format", "json"]
        parts = json.loads(env.run("studio-detector", *words))["service"]
    bad = {name: part["text"] for name, part in parts.items() if part["state"] == "failed"}
    _must(not bad, f"doctor --service: {bad}")


def client(env: Environment, picture: Path) -> None:
    """Commands for a service elsewhere, up to the point where none is there."""
    env.run("python", "-c", "from studio_detector.client import Client, AsyncClient")
    words = ["remote", "analyse", picture, "--url", "http://127.0.0.1:9"]
    said = env.run("studio-detector", *words, status=69)
    _must("127.0.0.1:9" in said, f"remote said: {said}")


def sign(env: Environment, picture: Path) -> None:
    """A signed request."""
    del picture
    _must(env.run("python", "-c", _SIGNED).startswith("sig=:"), "the request is not signed")


def otel(env: Environment, picture: Path) -> None:
    """A span; whom it is sent to is tried with the service."""
    del picture
    _must(len(env.run("python", "-c", _TRACED).strip()) == 32, "there is no span")


def train(env: Environment, picture: Path) -> None:
    """Everything that fitting and judging import."""
    del picture
    env.run("studio-detector", "train", "--help")
    modules = ("train", "stack", "typical", "command", "studies", "report")
    for module in modules:
        env.run("python", "-c", f"import studio_detector.learning.{module}")


def distributed(env: Environment, picture: Path) -> None:
    """The engines can be imported; clusters are tried by the tests."""
    del picture
    engines = ("daft_engine", "ray_engine", "spark_engine")
    for engine in engines:
        env.run("python", "-c", f"import studio_detector.batch.engines.{engine}")
    env.run("python", "-c", "import daft, ray.data")


#: Extra -> its trial; None stands for the core.
SMOKES: Mapping[str | None, Smoke] = {
    None: core,
    "fast": fast,
    "heic": heic,
    "yaml": yaml,
    "batch": batch,
    "report": report,
    "service": service,
    "client": client,
    "sign": sign,
    "otel": otel,
    "train": train,
    "distributed": distributed,
}


def _verdict(env: Environment, picture: Path, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        env.run("studio-detector", "analyse", picture, "--quiet", *options)
    )
    _must(0 <= found["confidence"] <= 1, f"the verdict was {found}")
    return found


def _doctor(env: Environment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(env.run("studio-detector", "doctor", "--format", "json"))
    return found


def _must(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion that stays
    if not holds:
        raise TrialError(otherwise)
