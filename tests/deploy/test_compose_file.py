"""The service in containers: what each profile starts, and what its containers may do."""

from __future__ import annotations

import subprocess

import pytest

import deploy_files
from studio_detector.config.load import load_settings
from studio_detector.service.callbacks.sign import Signer
from studio_detector.service.queues.pools import QUEUES
from studio_detector.service.vault.master_keys import open_master_keys

PROJECT = deploy_files.compose()
SERVICES = PROJECT["services"]
OURS = deploy_files.ours(PROJECT)
PROFILES = ("embedded", "redis", "rabbitmq")
SCALED = ("redis", "rabbitmq")


def of_profile(profile, services):
    return {name: one for name, one in services.items() if profile in one["profiles"]}


@pytest.fixture
def secrets(tmp_path):
    """The folder that make_secrets.sh makes."""
    folder = tmp_path / "secrets"
    script = deploy_files.COMPOSE / "make_secrets.sh"
    subprocess.run(["sh", script, folder], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_write_nothing_but_what_is_named_and_gain_nothing(name):
    one = SERVICES[name]
    assert one["read_only"] is True
    assert ["ALL"] == one["cap_drop"]
    assert ["no-new-privileges:true"] == one["security_opt"]
    assert one["tmpfs"]
    assert "privileged" not in one
    assert "user" in one or name in OURS  # ours has its user in the image


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_has_bounds_and_room_to_drain(name):
    one = OURS[name]
    assert one["init"] is True
    assert one["mem_limit"]
    assert one["pids_limit"]
    assert all("noexec" in mounted for mounted in one["tmpfs"])


@pytest.mark.parametrize("profile", PROFILES)
def test_only_the_api_is_published_and_only_on_this_machine(profile):
    """A proxy that ends TLS publishes it further."""
    published = {
        name: one["ports"] for name, one in of_profile(profile, SERVICES).items() if "ports" in one
    }
    (ports,) = published.values()
    assert all(port.startswith("127.0.0.1:") and port.endswith(":8000") for port in ports)


@pytest.mark.parametrize("profile", SCALED)
def test_somebody_works_for_every_queue(profile):
    served = [
        queue
        for one in of_profile(profile, OURS).values()
        if one["command"][0] == "worker"
        for queue in one["command"][one["command"].index("--queues") + 1].split(",")
    ]
    assert sorted(QUEUES) == sorted(served)


@pytest.mark.parametrize("profile", SCALED)
def test_nobody_starts_before_the_tables_and_the_servers_are_there(profile):
    for name, one in of_profile(profile, OURS).items():
        waits = one["depends_on"]
        if name.startswith("migrate"):
            assert {"postgres": {"condition": "service_healthy"}} == waits
            continue
        assert "service_completed_successfully" == waits[f"migrate-{profile}"]["condition"]
        for server in of_profile(profile, SERVICES).keys() - OURS.keys() - {"postgres"}:
            assert "service_healthy" == waits[server]["condition"]


@pytest.mark.parametrize("profile", SCALED)
def test_servers_and_the_sweeper_are_reached_from_inside_alone(profile):
    assert PROJECT["networks"]["inside"]["internal"] is True
    for name, one in of_profile(profile, SERVICES).items():
        if name not in OURS or one["command"][:3] == ["worker", "--queues", "maintenance"]:
            assert ["inside"] == one["networks"]


def test_what_is_named_is_there():
    for name, one in SERVICES.items():
        assert set(one.get("networks", [])) <= PROJECT["networks"].keys(), name
        volumes = {volume.partition(":")[0] for volume in one.get("volumes", [])}
        assert volumes <= PROJECT["volumes"].keys(), name
        used = {s if isinstance(s, str) else s["source"] for s in one.get("secrets", [])}
        assert used <= PROJECT["secrets"].keys(), name
        assert set(one.get("depends_on", {})) <= SERVICES.keys(), name


class TestSecrets:
    def test_every_file_that_is_named_is_made(self, secrets):
        made = {f"./secrets/{path.name}" for path in secrets.iterdir()}
        assert {one["file"] for one in PROJECT["secrets"].values()} == made

    def test_others_on_the_machine_cannot_get_at_them(self, secrets):
        """The files are open for the users of the containers, behind a folder that is not."""
        assert 0o700 == secrets.stat().st_mode & 0o777

    @pytest.mark.parametrize("profile", SCALED)
    def test_the_settings_are_what_the_service_takes(self, secrets, profile):
        variables = {"STUDIO_DETECTOR_CONFIG": str(secrets / f"{profile}.toml")}
        service = load_settings(environ=variables).service
        assert service.is_scaled
        assert service.broker_url.startswith({"redis": "redis", "rabbitmq": "amqp"}[profile])
        assert len(service.service_secret) >= 32
        assert Signer.of(service.callback_secrets)
        assert open_master_keys(service, secrets, None).newest_id

    def test_passwords_are_the_same_on_both_sides(self, secrets):
        settings = (secrets / "rabbitmq.toml").read_text()
        assert f":{(secrets / 'postgres_password').read_text()}@postgres/" in settings
        redis = (secrets / "redis.conf").read_text().split()[1]
        assert f":{redis}@redis:" in settings
        rabbitmq = (secrets / "rabbitmq.conf").read_text().split()[-1]
        assert f":{rabbitmq}@rabbitmq:" in settings

    def test_they_are_made_once(self, secrets):
        """With others, pictures and keys that are kept would be of no use any more."""
        before = {path.name: path.read_text() for path in secrets.iterdir()}
        script = deploy_files.COMPOSE / "make_secrets.sh"
        again = subprocess.run(["sh", script, secrets], check=False, capture_output=True)
        assert 1 == again.returncode
        assert b"is there already" in again.stderr
        assert before == {path.name: path.read_text() for path in secrets.iterdir()}

    def test_two_sets_have_nothing_in_common(self, secrets, tmp_path):
        other = tmp_path / "other"
        script = deploy_files.COMPOSE / "make_secrets.sh"
        subprocess.run(["sh", script, other], check=True, capture_output=True)
        for path in secrets.iterdir():
            assert path.read_text() != (other / path.name).read_text()

    def test_they_stay_out_of_the_repository(self):
        assert "secrets/" in (deploy_files.COMPOSE / ".gitignore").read_text().split()
