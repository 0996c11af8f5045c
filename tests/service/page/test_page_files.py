"""The files of the page, as they lie: light, no markup in strings, and all words there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from studio_detector.errors import CODES
from studio_detector.imaging.limits import Limits
from studio_detector.imaging.sniff import _DECODED, FORMATS
from studio_detector.service import page
from studio_detector.service.page.page import make_page, readable_formats
from studio_detector.service.settings import ServiceSettings

ROOM = Path(page.__file__).parent
STATIC = ROOM / "static"
TEMPLATE = (ROOM / "templates" / "index.html.jinja").read_text(encoding="utf-8")
SCRIPTS = {
    path.relative_to(STATIC).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(STATIC.rglob("*.js"))
}
WORDS = {name: text for name, text in SCRIPTS.items() if name.startswith("words/")}
CODE = {name: text for name, text in SCRIPTS.items() if name not in WORDS}
STYLES = {path.name: path.read_text(encoding="utf-8") for path in sorted(STATIC.rglob("*.css"))}
# The README's promise: without pictures.
MOST_BYTES = 250_000
BAND = (0.2, 0.8)
MOST_LINES = 300
#: Of the command line, of its files and of the start of a service; no request ends in them.
NEVER_SEEN = {
    "not_a_file",
    "config_unreadable",
    "config_unknown_key",
    "config_invalid_value",
    "plugin_invalid",
    "model_invalid",
    "output_exists",
    "output_busy",
    "output_failed",
    "resume_mismatch",
    "audit_broken",
}
# What makes markup or code of a string, and styles that the policy would stop.
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|document\.write"
    r"|\beval\(|new Function|javascript:|cssText|setAttribute\(\"style|srcdoc"
)
KEY = re.compile(r'^  "([\w.]+)":', re.MULTILINE)


def keys():
    return {key for text in WORDS.values() for key in KEY.findall(text)}


def test_the_whole_page_is_light():
    """As browsers get it, which all unpack gzip; every view together."""
    made = make_page(ServiceSettings(), Limits(), BAND)

    whole = len(made.html) + sum(len(file.body) for file in made.files.values())
    sent = len(made.html) + sum(len(file.zipped) for file in made.files.values())
    print(  # noqa: T201 - by `pytest -s`, for the docs
        f"the page: {sent / 1000:.0f} kB by gzip, {whole / 1000:.0f} kB unpacked"
    )

    assert sent <= MOST_BYTES


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_string_becomes_markup_or_code(name):
    """The policy forbids it too; this says it before a browser does."""
    assert [] == MARKUP.findall(SCRIPTS[name])


@pytest.mark.parametrize("name", SCRIPTS)
def test_modules_are_short(name):
    """One matter each."""
    assert len(SCRIPTS[name].splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", SCRIPTS)
def test_modules_that_are_imported_are_there(name):
    """By relative paths, so that one digest holds for all."""
    found = re.findall(r'(?:from|import) "([^"]+)"', SCRIPTS[name])

    for path in found:
        assert path.startswith("."), path
        assert (STATIC / name).parent.joinpath(path).resolve().is_file(), path


@pytest.mark.parametrize("name", CODE)
def test_exported_functions_say_what_they_take(name):
    """By a comment above each."""
    bare = re.findall(
        r"(?<!\*/\n)^export (?:async )?(?:function|class|const) (\w+)", CODE[name], re.MULTILINE
    )

    assert [] == bare


def test_nothing_stands_in_the_document_itself():
    """Neither scripts nor styles: the policy lets none of them run."""
    assert "<style" not in TEMPLATE
    assert [] == re.findall(r"\s(?:style|on\w+)\s*=", TEMPLATE)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", TEMPLATE))
    assert [] == re.findall(r"https?://", TEMPLATE)


@pytest.mark.parametrize("name", STYLES)
def test_styles_fetch_nothing(name):
    """No fonts, no pictures, no other styles."""
    assert [] == re.findall(r"url\(|@import", STYLES[name])


def test_every_word_that_is_said_is_there():
    """And those whose key is put together have at least one key that begins so."""
    known = keys()
    for name, text in CODE.items():
        for key in re.findall(r'\bt\(\s*"([^"]+)"', text):
            assert key in known, (name, key)
        for beginning in re.findall(r"\bt\(\s*`([^`$]+)\$\{", text):
            assert any(key.startswith(beginning) for key in known), (name, beginning)


def test_every_word_is_said():
    """What no view says any more is taken out."""
    code = "\n".join(CODE.values())
    beginnings = tuple(re.findall(r"`([a-z]\w*\.[^`$]*)\$\{", code))
    unsaid = {key for key in keys() if f'"{key}"' not in code and not key.startswith(beginnings)}

    assert set() == unsaid


def test_no_key_has_two_meanings():
    """The words of all views are one table."""
    found = [key for text in WORDS.values() for key in KEY.findall(text)]

    assert len(set(found)) == len(found)


@pytest.mark.parametrize("name", CODE)
def test_no_sentence_stands_outside_of_the_words(name):
    """A text with a space that begins with a capital is meant for people."""
    code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", CODE[name], flags=re.DOTALL | re.MULTILINE)
    said = re.findall(r'"([A-Z][a-z]+ [^"]*)"', code)

    assert [] == said


def test_every_code_has_words():
    """For whoever uses the page: what happened, and what to do next."""
    text = WORDS["words/errors.js"]
    said = set(re.findall(r"^  (\w+): \{", text, re.MULTILINE))

    assert set(CODES) - NEVER_SEEN == said
    assert len(said) == len(re.findall(r"\bwhat:", text)) == len(re.findall(r"\bnext:", text))


def test_what_is_decoded_is_not_held_back():
    """The page looks at the first bytes before it sends; it must know all that we know."""
    pattern = re.search(r"^  /(\^\(.*\))/;$", SCRIPTS["files.js"], re.MULTILINE)[1]
    pattern = re.compile(pattern.replace("[^]", r"[\x00-\xff]").encode("latin-1"))
    heads = [bytes(offset) + signature + bytes(12) for offset, signature, _ in _DECODED]
    heads += [b"RIFF\x24\x10\n\0WEBPVP8 ", b"\0\0\0\x1cftypavif\0\0", b"\0\0\0\x18ftypheic\0\0"]
    assert {"WEBP", "AVIF", "HEIC"} == set(FORMATS) - {row[2] for row in _DECODED}

    assert all(pattern.match(head) for head in heads)
    assert not any(pattern.match(head) for head in (b"8BPS" + bytes(12), b"Dear Sir or Madam"))


def test_what_the_page_says_of_the_service_is_its_settings():
    """Limits are shown before they hit."""
    settings = ServiceSettings(max_upload_bytes=1_234_567, auth="keys", keep_pictures_s=60)

    html = make_page(settings, Limits(), BAND).html.decode()

    told = re.search(r'<meta name="studio-detector" content="([^"]*)">', html)[1]
    assert "&#34;max_upload_bytes&#34;: 1234567" in told
    assert "&#34;needs_key&#34;: true" in told
    assert "&#34;keeps_pictures&#34;: true" in told
    assert "&#34;band&#34;: [0.2, 0.8]" in told
    assert set(readable_formats()) <= set(FORMATS)


def test_other_files_have_another_address(monkeypatch):
    """So that a browser may keep them for ever."""
    from studio_detector.service.page import page as module

    before = module.make_page(ServiceSettings(), Limits(), BAND)
    changed = [(name, file.body + b"\n") for name, file in before.files.items()]
    monkeypatch.setattr(module, "_static_files", lambda: iter(changed))
    module._static.cache_clear()
    try:
        after = module.make_page(ServiceSettings(), Limits(), BAND)
    finally:
        module._static.cache_clear()

    assert before.digest != after.digest
    assert f"/static/{after.digest}/main.js" in after.html.decode()


def test_the_files_are_part_of_what_is_installed():
    """The wheel holds all of the package that is not ignored by version control."""
    paths = [
        str(path) for path in ROOM.rglob("*") if path.suffix in {".js", ".css", ".svg", ".jinja"}
    ]
    assert len(paths) > 20

    done = subprocess.run(
        ["git", "check-ignore", *paths], cwd=ROOM, capture_output=True, text=True, check=False
    )

    assert "" == done.stdout
