"""Text from outside inside Markdown, read back by the Markdown parser that rich brings along."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from studio_detector.reporting import grid
from studio_detector.reporting.markdown_text import as_code, as_text
from studio_detector.reporting.printable import printable

HOSTILE = "<script>`x`</script> | *a* _b_ [c](d) ![e](f) \\| \\\\| &amp; ~~g~~ # h"
# A cell keeps no spaces at its ends, and one of several in a row.
TEXTS = st.text(min_size=1).map(lambda text: " ".join(printable(text).split()) or "x")


def cells(markdown):
    """Kinds and contents of what stands in each cell of the second row."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = [token for token in tokens if token.type == "inline"]
    found = [[(child.type, child.content) for child in token.children] for token in inline]
    return found[2:]


@given(TEXTS, TEXTS)
@example(HOSTILE, HOSTILE)
def test_text_in_a_table_stays_text_in_its_cell(first, second):
    """No markup, no HTML, no cell of its own."""
    found = cells(grid.markdown(("a", "b"), [(as_text(first), as_text(second))]))

    assert 2 == len(found)
    for text, children in zip((first, second), found, strict=True):
        assert {kind for kind, _ in children} <= {"text", "text_special"}
        assert text == "".join(content for _, content in children)


@given(TEXTS)
@example(HOSTILE)
@example("`")
@example("``x``")
def test_code_stays_one_code_span(text):
    """Whatever backticks are in it."""
    (token,) = [t for t in MarkdownIt("commonmark").parse(f"a {as_code(text)} b") if t.children]

    assert ["text", "code_inline", "text"] == [child.type for child in token.children]
    assert text == token.children[1].content


def test_a_bar_is_escaped_once():
    """Whether or not the cell did it already."""
    assert "| a\\|b | a\\|b |" in grid.markdown(("x", "y"), [("a|b", "a\\|b")])
