"""Whether a callback is genuine, asked from the command line."""

from __future__ import annotations

import time

import pytest

from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_USAGE
from studio_detector.service.callbacks.sign import Signer, new_secret

SECRET, OTHER = new_secret(), new_secret()
PAYLOAD = b'{"type":"job.done","data":{"name":"\xc3\xbc"}}'
VARIABLE = "STUDIO_DETECTOR_CALLBACK_SECRET"


def headers(*secrets, ago_s=0, payload=PAYLOAD):
    """Headers as a receiver sees them."""
    timestamp = int(time.time()) - ago_s
    signed = Signer.of(secrets or (SECRET,)).headers("msg_1", timestamp, payload)
    return {"Content-Type": "application/json", **signed}


@pytest.fixture
def verify(run):
    """Run ``webhook verify`` on a callback."""

    def verify(sent, *words, payload=PAYLOAD, secret=SECRET):
        pairs = sent.items() if isinstance(sent, dict) else sent
        given = [word for name, value in pairs for word in ("--header", f"{name}: {value}")]
        return run("webhook", "verify", *given, *words, stdin=payload, env={VARIABLE: secret})

    return verify


def refused(result, why):
    assert EXIT_ALL_FAILED == result.exit_code
    assert "" == result.stdout
    assert "the callback is not to be trusted" in result.stderr
    assert why in result.stderr
    assert "whsec_" not in result.output
    return True


class TestGenuine:
    def test_a_genuine_one_is_said_to_be(self, verify):
        """Whatever other headers there are."""
        result = verify(headers())

        assert (EXIT_OK, "genuine\n", "") == (result.exit_code, result.stdout, result.stderr)

    def test_the_case_of_names_and_the_space_around_values_do_not_matter(self, verify):
        """As they come out of a log."""
        sent = {name.upper(): f"  {value} " for name, value in headers().items()}

        assert EXIT_OK == verify(sent).exit_code

    def test_one_of_two_secrets_is_enough(self, verify):
        """While secrets are changed."""
        assert EXIT_OK == verify(headers(OTHER, SECRET)).exit_code

    def test_a_file_holds_the_secret_as_well(self, verify, tmp_path):
        """As the service writes it; it goes before the variable."""
        path = tmp_path / "callback_secret"
        path.write_text(SECRET + "\n")

        assert EXIT_OK == verify(headers(), "--secret-file", path, secret=OTHER).exit_code

    def test_an_old_one_may_be_allowed(self, verify):
        """For a callback out of a log."""
        assert EXIT_OK == verify(headers(ago_s=1000), "--tolerance", "2000").exit_code


class TestNotGenuine:
    def test_another_secret(self, verify):
        """Somebody else signed it."""
        assert refused(verify(headers(OTHER)), "no signature fits")

    def test_a_changed_body(self, verify):
        """By one byte, be it a line end."""
        assert refused(verify(headers(), payload=PAYLOAD + b"\n"), "no signature fits")

    def test_an_old_one(self, verify):
        """Somebody may have sent it again."""
        assert refused(verify(headers(ago_s=1000)), "too old")

    def test_one_from_the_future(self, verify):
        """Or a clock that is wrong."""
        assert refused(verify(headers(ago_s=-1000)), "too new")

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    def test_a_header_that_is_missing(self, verify, name):
        """It is named."""
        sent = headers()
        del sent[name]

        assert refused(verify(sent), f"there are 0 headers {name}")

    @pytest.mark.parametrize("again", ["webhook-id", "Webhook-Id"])
    def test_a_header_that_is_there_twice(self, verify, again):
        """Even if the last of them fits."""
        sent = headers()
        pairs = [(again, "msg_0"), *sent.items()]

        assert refused(verify(pairs), "there are 2 headers webhook-id")


class TestMistakes:
    def test_no_secret(self, verify):
        """Both ways to give one are named."""
        result = verify(headers(), secret="")

        assert EXIT_USAGE == result.exit_code
        assert f"set {VARIABLE} or give --secret-file" in result.stderr

    def test_a_header_without_colon(self, verify):
        """It is shown."""
        result = verify({}, "--header", "webhook-id msg_1")

        assert EXIT_USAGE == result.exit_code
        assert "'webhook-id msg_1' has no colon; write NAME:VALUE" in result.stderr

    @pytest.mark.parametrize("text", ["hush", "whsec_hush!", "whsec_aHVzaA=="])
    def test_a_secret_that_is_none(self, verify, text):
        """It is not shown."""
        result = verify(headers(), secret=text)

        assert EXIT_USAGE == result.exit_code
        assert "write whsec_ followed by the base64" in result.stderr
        assert text not in result.output

    @pytest.mark.parametrize(
        ("content", "told"),
        [(b"", "there is no secret"), (b"\xff\xfe\x00", "a secret does not begin with whsec_")],
        ids=["empty", "binary"],
    )
    def test_a_file_without_a_secret(self, verify, tmp_path, content, told):
        """Such as another file."""
        path = tmp_path / "callback_secret"
        path.write_bytes(content)

        result = verify(headers(), "--secret-file", path)

        assert EXIT_USAGE == result.exit_code
        assert told in result.stderr

    def test_a_file_that_is_not_there(self, verify, tmp_path):
        """Its name is told."""
        result = verify(headers(), "--secret-file", tmp_path / "nowhere")

        assert EXIT_USAGE == result.exit_code
        assert "nowhere" in result.stderr

    def test_nothing_of_the_service_needs_to_be_installed(self, verify, monkeypatch):
        """A receiver has only the package itself."""
        monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)

        assert EXIT_OK == verify(headers()).exit_code
