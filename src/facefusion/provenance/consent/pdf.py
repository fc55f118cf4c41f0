"""The page of a consent as PDF, by ReportLab, which is loaded on first use."""

from __future__ import annotations

import io
from functools import cache
from html import escape
from typing import Any

from facefusion.errors import InvalidInput
from facefusion.provenance.consent.page import TITLE, declaration, rows_of, signature_lines
from facefusion.provenance.consent.signatures import SignedConsent
from facefusion.provenance.fonts import find_font

_MARGIN_PT, _FIRST_COLUMN_PT = 51, 108
_ASIAN = (
    (("\u3040", "\u30ff"), "HeiseiKakuGo-W5"),
    (("\uac00", "\ud7af"), "HYGothic-Medium"),
    (("\u3400", "\u9fff"), "STSong-Light"),
)
"""Scripts and the fonts that every PDF reader brings for them: kana first, because Japanese also holds ideographs."""


def pdf_page(consent: SignedConsent) -> bytes:
    """The page of a record, A4; the same record gives the same bytes.

    Texts are drawn in Helvetica, in the reader's own fonts for Chinese, Japanese and Korean, and else in a font of
    this machine that has the letters. Raises InvalidInput when none has.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, title=TITLE, invariant=1, leftMargin=_MARGIN_PT, rightMargin=_MARGIN_PT, topMargin=_MARGIN_PT
    )
    rows = [[_text(name, bold=True), _text(text)] for name, text in rows_of(consent)]
    table = Table(rows, colWidths=[_FIRST_COLUMN_PT, document.width - _FIRST_COLUMN_PT])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEABOVE", (0, 1), (-1, -1), 0.25, "#bbbbbb")]))
    parts: list[Any] = [Paragraph(f"<font size=17>{TITLE}</font>"), Spacer(1, 20), table, Spacer(1, 10)]
    parts += [_text(words) for words in declaration()]
    for line in signature_lines(consent.record):
        under = Table([[_text(line, size=9)]], colWidths=[255], hAlign="LEFT")
        under.setStyle(TableStyle([("LINEABOVE", (0, 0), (-1, 0), 0.75, "black")]))
        parts += [Spacer(1, 38), under]
    document.build(parts)
    return out.getvalue()


def _text(text: str, *, bold: bool = False, size: int = 10) -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    font = _font_for(text)
    if bold and font == "Helvetica":
        font = "Helvetica-Bold"
    wrap = "CJK" if any(font == name for _, name in _ASIAN) else None
    style = ParagraphStyle("text", fontName=font, fontSize=size, leading=1.4 * size, wordWrap=wrap, splitLongWords=1)
    return Paragraph(escape(text).replace("\n", "<br/>"), style)


def _font_for(text: str) -> str:
    """The name of a registered font that has every letter of `text`."""
    for (first, last), name in _ASIAN:
        if any(first <= letter <= last for letter in text):
            return _asian(name)
    try:
        text.encode("cp1252")
        return "Helvetica"
    except UnicodeEncodeError:
        return _of_this_machine(text)


@cache
def _asian(name: str) -> str:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name


def _of_this_machine(text: str) -> str:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    path = str(find_font(text).path)
    name = f"machine-{path}"
    if name not in pdfmetrics.getRegisteredFontNames():
        try:
            pdfmetrics.registerFont(TTFont(name, path))
        except (TTFError, OSError) as error:
            raise InvalidInput(f"consent: no font for {text[:20]!r} fits into a PDF ({error}); export HTML") from None
    return name
