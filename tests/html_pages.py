"""Reading pages in tests, and what keeps a page from being read by everybody.

`problems` checks structure; a browser with axe checks the rest where there is one.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "img", "br", "line", "rect", "polygon", "text", "link", "input", "hr"})
FORBIDDEN = frozenset(
    {"script", "iframe", "object", "embed", "link", "base", "form", "foreignobject", "audio"}
    | {"video", "source", "template", "noscript", "animate", "set"}
)
CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SIBLING = re.compile(r"(#[\w-]+|[a-z0-9-]+\.html)")


@dataclass(eq=False)
class Element:
    """One element with what is inside."""

    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    own_text: list[str] = field(default_factory=list)

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, *tags):
        return [e for e in self.walk() if e.tag in tags]

    @property
    def text(self):
        return " ".join(part for e in self.walk() for part in e.own_text)

    @property
    def above(self):
        element = self.parent
        while element is not None:
            yield element
            element = element.parent


class Page(HTMLParser):
    """A page as a tree; unbalanced tags are problems of their own."""

    def __init__(self, text):
        super().__init__()
        self.source = text
        self.root = self._at = Element("root", {})
        self.unbalanced = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        element = Element(tag, dict(attributes), parent=self._at)
        if len(element.attributes) != len(attributes):
            self.unbalanced.append(f"<{tag}> has an attribute twice")
        self._at.children.append(element)
        if tag not in VOID or tag == "text":
            self._at = element

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID or tag == "text":
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if self._at.tag != tag or self._at.parent is None:
            self.unbalanced.append(f"</{tag}> closes <{self._at.tag}>")
            return
        self._at = self._at.parent

    def handle_data(self, data):
        if data.strip():
            self._at.own_text.append(data.strip())

    def find(self, *tags):
        return self.root.find(*tags)

    @property
    def text(self):
        return self.root.text

    def numbers(self, table):
        """The whole numbers behind the rounded ones of a table, row by row."""
        return [
            [float(d.attributes["value"]) for d in row.find("data")]
            for row in table.find("tr")
            if row.find("data")
        ]


def problems(text):
    """Everything wrong with a page: structure, names for who cannot see, references outside."""
    page = Page(text)
    found = list(page.unbalanced)
    if page.root.children and page.root.children[0].attributes.get("lang") != "en":
        found.append("no language")
    if not text.startswith("<!doctype html>"):
        found.append("no doctype")
    if not [t for t in page.find("title") if t.text]:
        found.append("no title")
    found += _headings(page)
    found += _tables(page)
    found += _names(page)
    found += _outside(page)
    ids = [e.attributes["id"] for e in page.root.walk() if "id" in e.attributes]
    found += [f"id {name} twice" for name in {i for i in ids if ids.count(i) > 1}]
    targets = [e.attributes["href"] for e in page.find("a") if e.attributes["href"][:1] == "#"]
    found += [f"{target} leads nowhere" for target in targets if target[1:] not in ids]
    if len(page.find("main")) != 1:
        found.append("not one main part")
    for body in page.find("body"):
        loose = [e for e in body.children if e.tag not in {"main", "nav", "header", "footer"}]
        found += [f"<{e.tag}> outside of every landmark" for e in loose]
    return found


def _headings(page):
    levels = [int(e.tag[1]) for e in page.find("h1", "h2", "h3", "h4")]
    found = [] if levels.count(1) == 1 else ["not one h1"]
    if levels and levels[0] != 1:
        found.append("the first heading is no h1")
    jumps = [(a, b) for a, b in itertools.pairwise(levels) if b > a + 1]
    found += [f"h{a} is followed by h{b}" for a, b in jumps]
    return found + [f"empty {e.tag}" for e in page.find("h1", "h2", "h3", "h4") if not e.text]


def _tables(page):
    found = [f"th without scope: {e.text}" for e in page.find("th") if "scope" not in e.attributes]
    for table in page.find("table"):
        label = next(
            (e.attributes["aria-label"] for e in table.above if "aria-label" in e.attributes), ""
        )
        if not table.find("caption") and not label:
            found.append("a table without a name")
        widths = {len(r.find("th", "td")) for r in table.find("tr")}
        if len(widths) > 1:
            found.append(f"rows of different widths in {label}: {widths}")
        found += [
            f"a row without a header in {label}" for r in table.find("tr") if not r.find("th")
        ]
    scrolling = [e for e in page.root.walk() if e.attributes.get("class") == "scroll"]
    return found + [
        "a scrolling part that the keyboard cannot reach"
        for e in scrolling
        if e.attributes.get("tabindex") != "0" or not e.attributes.get("aria-label")
    ]


def _names(page):
    found = ["img without alt" for e in page.find("img") if not e.attributes.get("alt")]
    found += ["a link without a name" for e in page.find("a") if not e.text]
    found += ["a summary without a name" for e in page.find("summary") if not e.text]
    for svg in page.find("svg"):
        named = svg.attributes.get("role") == "img" and svg.attributes.get("aria-label")
        if not named and svg.attributes.get("aria-hidden") != "true":
            found.append("a drawing without a name")
    return found + ["li outside of a list" for e in page.find("li") if e.parent.tag != "ul"]


def _outside(page):
    found = [f"<{e.tag}>" for e in page.root.walk() if e.tag in FORBIDDEN]
    for element in page.root.walk():
        for name, value in element.attributes.items():
            value = value or ""  # noqa: PLW2901 - an attribute without a value
            if name.startswith("on") or "javascript:" in value.lower():
                found.append(f"{name} on <{element.tag}>")
            if name in {"src", "href", "xlink:href", "srcset", "data", "action", "poster"}:
                inside = value.startswith("data:image/jpeg;base64,") or _SIBLING.fullmatch(value)
                found += [] if inside else [f"{name}={value[:60]}"]
    css = " ".join(e.text for e in page.find("style"))
    css += " ".join(e.attributes.get("style") or "" for e in page.root.walk())
    found += re.findall(r"(?i)@import|url\([^)]*\)|expression\(", css)
    policies = [e for e in page.find("meta") if "http-equiv" in e.attributes]
    if [CSP] != [e.attributes["content"] for e in policies]:
        found.append("no content security policy")
    return found


def contrast(first, second):
    """Contrast of two colours ``#rrggbb``, 1..21, as WCAG 2 defines it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    samples = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in samples]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
