"""What the chart makes, rendered by helm and held against the schemas of Kubernetes."""

from __future__ import annotations

import pytest

import deploy_files
import helm_chart
from studio_detector.cli.main import program
from studio_detector.config.keys import names_by_variable
from studio_detector.service.queues.pools import QUEUES
from studio_detector.service.settings import ServiceSettings
from studio_detector.version import VERSION

BUCKET = helm_chart.example("bucket")
VOLUME = helm_chart.example("volume")
EXAMPLES = [pytest.param(BUCKET, id="bucket"), pytest.param(VOLUME, id="volume")]
# The oldest that Chart.yaml takes, and one of today.
VERSIONS = ("1.27", "1.37")
#: Custom resources, which Kubernetes itself has no schema of.
CUSTOM = {"ScaledObject", "PodMonitor"}


def container(pod):
    (one,) = pod["spec"]["containers"]
    return one


def variables(pod):
    return {one["name"]: one for one in container(pod).get("env", [])}


@pytest.mark.parametrize("values", EXAMPLES)
class TestEveryRelease:
    def test_helm_finds_nothing_to_warn_of(self, values):
        report = helm_chart.tool("helm_python").lint(deploy_files.CHART, values, strict=True)
        messages = [one for one in report["messages"] if one["severity"] > 1]
        assert [] == messages
        assert not report["errors"]

    @pytest.mark.parametrize("version", VERSIONS)
    def test_kubernetes_knows_every_field(self, values, version):
        """Strictly: a misspelt field is an error, not passed over."""
        kubernetes = helm_chart.tool("kubernetes_validate")
        for (kind, _), one in helm_chart.render(values).items():
            if kind not in CUSTOM:
                kubernetes.validate(one, version, strict=True)

    def test_every_command_line_and_variable_is_understood(self, values):
        import click

        for name, pod in helm_chart.pods(helm_chart.render(values)).items():
            command, *rest = container(pod)["args"]
            program.commands[command].make_context(command, rest, parent=click.Context(program))
            ours = {one for one in variables(pod) if one.startswith("STUDIO_DETECTOR_")}
            assert ours <= names_by_variable().keys(), name

    def test_no_pod_may_do_more_than_it_needs(self, values):
        for pod in helm_chart.pods(helm_chart.render(values)).values():
            spec, one = pod["spec"], container(pod)
            assert spec["securityContext"]["runAsNonRoot"] is True
            assert "RuntimeDefault" == spec["securityContext"]["seccompProfile"]["type"]
            assert spec["automountServiceAccountToken"] is False
            assert spec["enableServiceLinks"] is False
            assert {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            } == one["securityContext"]
            assert one["resources"]["requests"]
            assert one["resources"]["limits"]["memory"]

    def test_no_secret_is_written_into_a_pod(self, values):
        secret = {"DATABASE_URL", "BROKER_URL", "SERVICE_SECRET", "MASTER_KEYS", "CALLBACK_SECRETS"}
        for (kind, _), one in helm_chart.render(values).items():
            if kind == "Deployment":
                given = variables(one["spec"]["template"])
                for name in secret:
                    assert "secretKeyRef" in given[f"STUDIO_DETECTOR_{name}"]["valueFrom"]

    def test_a_pod_has_longer_to_go_than_it_takes(self, values):
        for deployment in helm_chart.of_kind(helm_chart.render(values), "Deployment").values():
            pod = deployment["spec"]["template"]
            given = variables(pod)
            takes_s = float(given["STUDIO_DETECTOR_DRAIN_S"]["value"])
            takes_s += float(given.get("STUDIO_DETECTOR_NOTICE_S", {"value": 0})["value"])
            assert pod["spec"]["terminationGracePeriodSeconds"] >= takes_s + 15

    def test_every_queue_is_served_once(self, values):
        served = [
            queue
            for pod in helm_chart.pods(helm_chart.render(values)).values()
            if container(pod)["args"][0] == "worker"
            for queue in container(pod)["args"][2].split(",")
        ]
        assert sorted(QUEUES) == sorted(served)

    def test_the_memory_holds_every_process_that_analyses(self, values):
        """Or a picture that is only large ends all of them."""
        most = ServiceSettings().photo_memory_bytes
        pods = helm_chart.pods(helm_chart.render(values))
        for name in ("high", "standard"):
            one = container(pods[f"studio-detector-worker-{name}"])
            processes = int(one["args"][one["args"].index("--workers") + 1])
            limit = one["resources"]["limits"]["memory"]
            assert limit.endswith("Gi")
            assert int(limit[:-2]) * 1024**3 > processes * most

    def test_a_budget_and_a_policy_are_for_each_deployment(self, values):
        objects = helm_chart.render(values)
        for name, one in helm_chart.of_kind(objects, "Deployment").items():
            labels = one["spec"]["template"]["metadata"]["labels"].items()
            budget = objects["PodDisruptionBudget", name]["spec"]
            policy = objects["NetworkPolicy", name]["spec"]
            assert budget["selector"]["matchLabels"].items() <= labels
            assert policy["podSelector"]["matchLabels"].items() <= labels
            assert 1 == budget["maxUnavailable"]
            assert ["Ingress", "Egress"] == policy["policyTypes"]

    def test_tables_are_made_before_anything_else(self, values):
        """Nothing of the release exists then, so the job needs nothing of it."""
        objects = helm_chart.render(values)
        hooks = {
            place: int(one["metadata"]["annotations"]["helm.sh/hook-weight"])
            for place, one in objects.items()
            if "helm.sh/hook" in one["metadata"].get("annotations", {})
        }
        job = objects["Job", "studio-detector-migrations"]
        assert (
            hooks["NetworkPolicy", "studio-detector-migrations"]
            < hooks["Job", job["metadata"]["name"]]
        )
        spec = job["spec"]["template"]["spec"]
        assert "serviceAccountName" not in spec
        assert {"STUDIO_DETECTOR_DATABASE_URL"} == variables(job["spec"]["template"]).keys()
        assert all("persistentVolumeClaim" not in volume for volume in spec["volumes"])


class TestPictures:
    def test_a_bucket_is_named_to_all_who_read_or_write(self):
        for name, pod in helm_chart.pods(helm_chart.render(BUCKET)).items():
            if not name.endswith("-migrations"):
                assert (
                    "s3://pictures/studio" == variables(pod)["STUDIO_DETECTOR_BLOBS_URL"]["value"]
                )
                assert [{"secretRef": {"name": "studio-bucket"}}] == container(pod)["envFrom"]

    def test_a_volume_is_shared_by_all_who_read_or_write(self):
        for name, pod in helm_chart.pods(helm_chart.render(VOLUME)).items():
            if not name.endswith("-migrations"):
                data = next(one for one in pod["spec"]["volumes"] if one["name"] == "data")
                assert "studio-pictures" == data["persistentVolumeClaim"]["claimName"]
                assert "STUDIO_DETECTOR_BLOBS_URL" not in variables(pod)

    @pytest.mark.parametrize("values", EXAMPLES)
    def test_what_is_being_read_stays_on_the_node(self, values):
        for pod in helm_chart.pods(helm_chart.render(values)).values():
            volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
            for mounted in container(pod)["volumeMounts"]:
                if mounted["mountPath"] in {"/tmp", "/data/scratch"}:
                    assert "emptyDir" in volumes[mounted["name"]]

    def test_only_the_api_needs_the_journal_of_erasures(self):
        pods = helm_chart.pods(helm_chart.render(BUCKET))
        with_claim = {
            name
            for name, pod in pods.items()
            if any("persistentVolumeClaim" in one for one in pod["spec"]["volumes"])
        }
        assert {"studio-detector-api"} == with_claim

    def test_without_a_choice_helm_says_what_is_missing(self):
        helm = helm_chart.tool("helm_python")
        values = helm_chart.changed(VOLUME, {"pictures.kind": ""})
        with helm.Chart.load(deploy_files.CHART) as chart, pytest.raises(helm.HelmError) as caught:
            chart.validate_schema(values)
        assert "pictures/kind" in str(caught.value)
        assert "bucket" in str(caught.value)


class TestSettings:
    def test_numbers_keep_their_digits(self):
        """Go writes 100000000 as 1e+08, which is no whole number for the program."""
        given = variables(helm_chart.pods(helm_chart.render(BUCKET))["studio-detector-api"])
        assert "100000000" == given["STUDIO_DETECTOR_LIMITS__MAX_PIXELS"]["value"]
        assert "50000" == given["STUDIO_DETECTOR_MAX_BACKLOG"]["value"]
        assert "10.0.0.0/8" == given["STUDIO_DETECTOR_TRUSTED_PROXIES"]["value"]

    def test_the_program_takes_what_the_chart_gives(self):
        from studio_detector.config.load import load_settings

        given = variables(helm_chart.pods(helm_chart.render(BUCKET))["studio-detector-api"])
        environ = {name: one.get("value", "") for name, one in given.items()}
        environ |= {"STUDIO_DETECTOR_DATABASE_URL": "postgresql+psycopg://u@h/d"}
        resolved = load_settings(environ=environ)
        assert 60.0 == resolved.service.drain_s
        assert resolved.service.split_phases is True
        assert 100_000_000 == resolved.settings.limits.max_pixels

    def test_more_variables_come_from_secrets(self):
        reference = {"secretKeyRef": {"name": "studio", "key": "rates-url"}}
        extra = [{"name": "STUDIO_DETECTOR_RATES_URL", "valueFrom": reference}]
        objects = helm_chart.render(helm_chart.changed(VOLUME, {"extraEnv": extra}))
        given = variables(helm_chart.pods(objects)["studio-detector-api"])
        assert reference == given["STUDIO_DETECTOR_RATES_URL"]["valueFrom"]


def test_details_are_served_by_standard_workers_where_they_have_no_queue_of_their_own():
    split = helm_chart.render(helm_chart.changed(VOLUME, {"splitPhases": True}))
    assert ("Deployment", "studio-detector-worker-detail") in split
    whole = helm_chart.render(VOLUME)
    assert ("Deployment", "studio-detector-worker-detail") not in whole
    pod = helm_chart.pods(whole)["studio-detector-worker-standard"]
    assert "standard,detail" == container(pod)["args"][2]


def test_a_digest_wins_over_a_tag():
    assert container(helm_chart.pods(helm_chart.render(BUCKET))["studio-detector-api"])[
        "image"
    ].startswith("studio-detector@sha256:")
    pod = helm_chart.pods(helm_chart.render(VOLUME))["studio-detector-api"]
    assert f"studio-detector:{VERSION}" == container(pod)["image"]


def test_probes_ask_what_is_there():
    """The API by its own routes, workers by the port of their metrics."""
    pods = helm_chart.pods(helm_chart.render(BUCKET))
    api = container(pods["studio-detector-api"])
    assert "/livez" == api["livenessProbe"]["httpGet"]["path"]
    assert "/readyz" == api["readinessProbe"]["httpGet"]["path"]
    assert "/startupz" == api["startupProbe"]["httpGet"]["path"]
    for name, pod in pods.items():
        one = container(pod)
        names = {port["name"] for port in one.get("ports", [])}
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if probe in one:
                assert one[probe]["httpGet"]["port"] in names, name


def test_the_service_and_the_ingress_lead_to_the_api():
    objects = helm_chart.render(BUCKET)
    service = objects["Service", "studio-detector"]["spec"]
    labels = helm_chart.pods(objects)["studio-detector-api"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    (rule,) = objects["Ingress", "studio-detector"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert "studio-detector" == path["backend"]["service"]["name"]
    assert path["backend"]["service"]["port"]["name"] == service["ports"][0]["name"]
