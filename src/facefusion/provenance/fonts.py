"""Fonts for the label: Pillow's embedded one for ASCII, a font of the system for everything else."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import ImageFont

from facefusion.errors import InvalidInput, UsageError

SYSTEM_FONTS = (
    # Latin, Greek, Cyrillic first: they are narrower than the same letters of a CJK font
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "segoeui.ttf", "arial.ttf", "Arial.ttf",
    # Chinese, Japanese, Korean
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "SourceHanSansSC-Regular.otf", "wqy-microhei.ttc",
    "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "msyh.ttc", "simhei.ttf", "YuGothM.ttc",
    "msgothic.ttc", "malgun.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Medium.ttc", "STHeiti Light.ttc",
    "AppleSDGothicNeo.ttc",
    # wide coverage, heavy files
    "Arial Unicode.ttf", "ARIALUNI.TTF",
)  # fmt: skip
"""File names that are looked for in the system's font folders, on Linux, Windows and macOS."""

_PROBE_PX = 48
_NOT_CHARACTERS = ("\U0010ffff", "\ufffe")
"""Code points that no font may hold: they draw the font's sign for 'missing'."""


def missing_glyphs(font: ImageFont.FreeTypeFont, text: str) -> str:
    """The characters of `text` for which `font` has no shape, in order, without repeats."""
    blanks = {_drawn(font, character) for character in _NOT_CHARACTERS}
    return "".join(c for c in dict.fromkeys(text) if not c.isspace() and _is_missing(_drawn(font, c), blanks))


def find_font(text: str, font_file: str = "") -> ImageFont.FreeTypeFont:
    """A font that has a shape for every character of `text`; ask it for a size with `sized`.

    Raises InvalidInput when there is none, UsageError when `font_file` is not a font.
    """
    if font_file:
        return _checked(_opened(font_file), font_file, text)
    for font in _candidates():
        if not missing_glyphs(font, text):
            return font
    lacking = missing_glyphs(_embedded(), text)
    raise InvalidInput(
        f"label-text: no font on this machine has the characters {lacking!r}; install one that has them "
        "(Noto Sans CJK for Chinese, Japanese and Korean), name a font file with label-font, or use plain Latin letters"
    )


def sized(font: ImageFont.FreeTypeFont, size_px: int) -> ImageFont.FreeTypeFont:
    """The same font at `size_px` pixels an em."""
    return font.font_variant(size=size_px)


def _candidates() -> Iterator[ImageFont.FreeTypeFont]:
    yield _embedded()
    for name in SYSTEM_FONTS:
        try:
            yield ImageFont.truetype(name, _PROBE_PX)
        except OSError:
            continue


def _embedded() -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=_PROBE_PX)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise UsageError("label: this build of Pillow has no FreeType; install Pillow from its wheel")
    return font


def _opened(font_file: str) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(font_file, _PROBE_PX)
    except OSError as error:
        raise UsageError(f"label-font: {font_file} is not a font that can be opened ({error})") from error


def _checked(font: ImageFont.FreeTypeFont, font_file: str, text: str) -> ImageFont.FreeTypeFont:
    lacking = missing_glyphs(font, text)
    if lacking:
        raise InvalidInput(f"label-font: {font_file} has no shape for {lacking!r}; use another font or text")
    return font


def _drawn(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    mask = font.getmask(character, mode="L")
    return bytes(mask) if mask.getbbox() else b""


def _is_missing(drawn: bytes, blanks: set[bytes]) -> bool:
    return not drawn or drawn in blanks
