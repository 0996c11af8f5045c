"""Which variant a picture gets, and what a file of variants may say."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_detector.config.load import settings_from_values
from studio_detector.errors import ConfigError, RequestError
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings
from studio_detector.pipeline.versions import pipeline_version
from studio_detector.service.variants import Variants, place
from studio_detector.service.variants_file import Variant

HASHES = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000)]
BASE = Settings(model="rules")


def variant(name, share=0.0, *, shadow=False, **changes):
    return Variant(
        name=name,
        settings=replace(BASE, variant=name, **changes),
        share=share,
        is_shadow=shadow,
    )


def load(tmp_path, text, base=BASE):
    path = tmp_path / "variants.toml"
    path.write_text(text)
    return Variants.load(
        base, path, make_settings=partial(settings_from_values, base, place=str(path))
    )


def share(names, name):
    return sum(found == name for found in names) / len(names)


def near(expected, names, name):
    """Within four standard errors."""
    error = math.sqrt(expected * (1 - expected) / len(names))
    return abs(share(names, name) - expected) <= 4 * error


class TestPlace:
    def test_it_is_a_documented_hash(self):
        """So that another program can say who gets what."""
        digest = hashlib.sha256(b"share\nabc").hexdigest()

        assert int(digest[:16], 16) / 2**64 == pytest.approx(place("share", "abc"), abs=1e-15)

    @given(st.text(max_size=20), st.text(max_size=80))
    def test_it_lies_from_0_to_below_1(self, purpose, text):
        """For any text."""
        assert 0 <= place(purpose, text.encode("utf-8", "replace").decode()) < 1

    def test_pictures_are_spread_evenly(self):
        """A tenth of them in each tenth, up to chance (chi-squared with 9 degrees, 1e-6)."""
        counts = [0] * 10
        for image_hash in HASHES:
            counts[int(10 * place("share", image_hash))] += 1

        expected = len(HASHES) / 10
        assert sum((count - expected) ** 2 / expected for count in counts) < 45


class TestShares:
    @pytest.mark.parametrize("shares", [(0.1,), (0.5, 0.25), (0.01, 0.02, 0.9), (0.5, 0.5)])
    def test_each_gets_its_share(self, shares):
        """And the default the rest."""
        variants = Variants(BASE, [variant(f"v{n}", s) for n, s in enumerate(shares)])
        names = [variants.choose(image_hash) for image_hash in HASHES]

        for number, expected in enumerate(shares):
            assert near(expected, names, f"v{number}")
        assert near(max(0.0, 1 - sum(shares)), names, "default")

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.integers(0, 20), max_size=4), st.integers(0, 20))
    def test_another_at_the_end_takes_from_the_default_alone(self, hundredths, last):
        """Whoever had a variant keeps it."""
        before = [variant(f"v{n}", s / 100) for n, s in enumerate(hundredths)]
        old = Variants(BASE, before)
        new = Variants(BASE, [*before, variant("last", last / 100)])

        for image_hash in HASHES[:500]:
            chosen = new.choose(image_hash)
            assert old.choose(image_hash) == ("default" if chosen == "last" else chosen)

    def test_the_same_picture_gets_the_same_in_every_process(self):
        """Nothing but the hash decides: these were written down once."""
        variants = Variants(BASE, [variant("a", 0.3), variant("b", 0.3)])

        assert ["b", "a", "a", "default", "default", "a", "a", "b"] == [
            variants.choose(image_hash) for image_hash in HASHES[:8]
        ]

    def test_without_a_share_a_variant_is_had_by_name_alone(self):
        """It exists, and no picture comes to it by chance."""
        variants = Variants(BASE, [variant("quiet")])

        assert {"default"} == {variants.choose(image_hash) for image_hash in HASHES[:1000]}
        assert "quiet" == variants.settings_of("quiet").variant

    def test_decimal_shares_may_fill_the_whole(self):
        """Though their floats add up to a hair more or less."""
        variants = Variants(BASE, [variant(f"v{n}", 0.1) for n in range(10)])

        assert "default" not in {variants.choose(image_hash) for image_hash in HASHES}


class TestShadows:
    def test_a_shadow_answers_for_nothing_and_scores_its_share(self):
        """All by default in the file, a part if it says so."""
        variants = Variants(
            BASE,
            [variant("all", 1.0, shadow=True), variant("part", 0.2, shadow=True)],
        )

        assert {"default"} == {variants.choose(image_hash) for image_hash in HASHES[:1000]}
        found = [variants.shadows("default", image_hash) for image_hash in HASHES]
        assert all("all" in names for names in found)
        assert near(0.2, ["part" if "part" in names else "" for names in found], "part")

    def test_shadows_are_drawn_apart_from_who_answers(self):
        """Or one would see only pictures of the other."""
        variants = Variants(BASE, [variant("a", 0.3), variant("s", 0.3, shadow=True)])
        of_a = [h for h in HASHES if variants.choose(h) == "a"]

        assert near(0.3, ["s" if variants.shadows("a", h) else "" for h in of_a], "s")

    def test_none_is_its_own_shadow(self):
        """When it is asked for by name."""
        variants = Variants(BASE, [variant("s", 1.0, shadow=True)])

        assert ("s",) == variants.shadows("default", HASHES[0])
        assert () == variants.shadows("s", HASHES[0])


class TestVersions:
    def test_they_are_those_of_the_pipeline(self):
        """For each variant under each policy."""
        variants = Variants(BASE, [variant("b", doubt_low=0.1)])

        for phases in ("auto", "lighting", "all"):
            expected = pipeline_version(Detector(Settings(model="rules", phases=phases)))
            assert expected == variants.pipeline_version("default", phases)
        assert variants.pipeline_version("b", "auto") != variants.pipeline_version(
            "default", "auto"
        )
        assert variants.pipeline_version("b", "all") == variants.pipeline_version("default", "all")

    def test_the_detector_carries_name_and_policy(self):
        """And is built once."""
        variants = Variants(BASE, [variant("b", isolate=True)])
        detector = variants.detector("b", "all")

        assert ("b", "all", False) == (
            detector.settings.variant,
            detector.settings.phases,
            detector.settings.isolate,
        )
        assert detector is variants.detector("b", "all")

    def test_a_name_that_is_none_is_refused(self):
        """With those that are."""
        with pytest.raises(RequestError, match=r"'c'.*default, b") as caught:
            Variants(BASE, [variant("b")]).pipeline_version("c", "auto")

        assert "unknown_variant" == caught.value.code


class TestFile:
    def test_it_is_read_in_its_order_with_any_setting(self, tmp_path):
        """Nested ones and tables too."""
        variants = load(
            tmp_path,
            """
            [warmer]
            share = 0.1
            [warmer.settings]
            doubt_low = 0.2
            limits.max_pixels = 50_000_000
            rule_weights = { shadow = 50 }
            disabled_analyses = ["texture"]

            [next]
            shadow = true
            settings.phases = "all"

            [plain]
            """,
        )

        assert ("default", "warmer", "next", "plain") == variants.names
        warmer = variants.get("warmer")
        assert (0.1, False, "warmer") == (warmer.share, warmer.is_shadow, warmer.settings.variant)
        assert (0.2, 50_000_000, {"shadow": 50.0}, ("texture",)) == (
            warmer.settings.doubt_low,
            warmer.settings.limits.max_pixels,
            warmer.settings.rule_weights,
            warmer.settings.disabled_analyses,
        )
        assert (1.0, True) == (variants.get("next").share, variants.get("next").is_shadow)
        assert (0.0, "rules") == (
            variants.get("plain").share,
            variants.settings_of("plain").model,
        )
        assert set(variants.names) == set(variants.settings)

    def test_without_a_file_there_is_one_alone(self):
        """Named by its settings."""
        base = Settings(model="rules", variant="ours")
        variants = Variants.load(base, None, make_settings=None)

        assert ("ours",) == variants.names
        assert "ours" == variants.default == variants.choose(HASHES[0])
        assert () == variants.shadows("ours", HASHES[0])

    @pytest.mark.parametrize(
        ("text", "code", "words"),
        [
            ("[a]\nshare = 1.5", "config_invalid_value", r"'a'.*1\.5.*0 to 1"),
            ("[a]\nshare = true", "config_invalid_value", "True"),
            ("[a]\nshare = nan", "config_invalid_value", "nan"),
            ("[a]\nshadow = 1", "config_invalid_value", "true or false"),
            ("[a]\nsettings = 3", "config_invalid_value", r"\[a\.settings\]"),
            ("[a]\nweight = 3", "config_unknown_key", "'weight'.*settings, shadow, share"),
            ("[a.settings]\ndoubt = 0.1", "config_unknown_key", "'a'.*doubt"),
            ("[a.settings]\ndoubt_low = 2.0", "config_invalid_value", "'a'.*doubt_low"),
            ("[a.settings]\nservice.port = 1", "config_invalid_value", r"service\.port"),
            ("[a.settings]\nvariant = 'b'", "config_invalid_value", "name of its table"),
            ("[a.settings]\nmodel = 'nonsense'", "unknown_model", "nonsense"),
            ("[a]\nshare=0.6\n[b]\nshare=0.6", "config_invalid_value", r"add up to 1\.2"),
            ("[default]\nshare=0.5", "config_invalid_value", "'default'.*rename"),
            ("['a b']\nshare=0.5", "config_invalid_value", "'a b'.*letters"),
            ("a = 3", "config_invalid_value", r"\[a\]"),
            ("[a.settings]\nlimits.max_pixels.x = 1", "config_invalid_value", "max_pixels"),
            (f"[a.settings]\n{'.'.join('x' * 1500)} = 1", "config_unknown_key", r"'x\.x'"),
            (
                f"[a]\nsettings = [{{{'.'.join('x' * 1500)} = 1}}]",
                "config_invalid_value",
                r"\.\.\.",
            ),
            (f"[a]\nshare = 0x{4000 * 'f'}", "config_invalid_value", "a huge int"),
            ("[a", "config_unreadable", "TOML"),
            ("# " + 300_000 * "x", "config_unreadable", "larger"),
        ],
    )
    def test_what_does_not_fit_is_told_before_anything_starts(self, tmp_path, text, code, words):
        """With the variant and the next step."""
        with pytest.raises(ConfigError, match=words) as caught:
            load(tmp_path, text)

        assert code == caught.value.code

    def test_a_file_that_is_not_there_is_told(self, tmp_path):
        """By its name."""
        with pytest.raises(ConfigError, match=r"gone\.toml") as caught:
            Variants.load(BASE, tmp_path / "gone.toml", make_settings=None)

        assert "config_unreadable" == caught.value.code
