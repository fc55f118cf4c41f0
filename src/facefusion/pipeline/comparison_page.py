"""Comparisons as one HTML page that needs nothing else: plots for each measure, several versions side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from facefusion.pipeline.comparing import COLUMNS, LIMITS, Comparison
from facefusion.pipeline.comparison_stills import Still

_COLORS = ("#2563c9", "#c2410c", "#15803d", "#9333ea", "#b91c1c", "#0f766e")
_WIDTH, _HEIGHT, _PAD = 900, 120, 6
_TITLES = {
    "identity_source": "Distance to the source's identity (same person below 0.6)",
    "identity_target": "Distance to the target's identity (another person above 0.6)",
    "pose_deg": "Pose error (largest of yaw, pitch, roll; degrees)",
    "expression": "Expression error (openings of lids and lips; parts of the eye distance)",
    "flicker": "Flicker (how the change changes from frame to frame; 8-bit steps)",
    "seam": "Seam (gradient along the edge of the face, result ÷ target)",
    "sharpness": "Sharpness inside the face, result ÷ target",
    "ssim_inside": "Structural similarity to the target inside the face",
    "ssim_outside": "Structural similarity to the target outside the face (the visible label counts)",
    "perceptual_inside": "Perceptual distance to the target inside the face (GMSD)",
    "perceptual_outside": "Perceptual distance to the target outside the face (GMSD)",
    "certainty": "Certainty of the face",
}
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 } th, td { text-align: left; padding: .2rem .8rem .2rem 0 }
td.n { text-align: right; font-variant-numeric: tabular-nums } figure { margin: 1.2rem 0 }
.stills td { vertical-align: top; font-size: 12px; color: #888 } .stills img { width: 11rem; border-radius: 4px }
svg { width: 100%; height: auto } text { font-size: 11px; fill: #888 }
.axis { stroke: #888; stroke-width: 1 } .limit { stroke: #b91c1c; stroke-dasharray: 4 4 }
"""


def html_page(versions: Sequence[Comparison]) -> str:
    """The whole document; every text is escaped, and nothing is loaded. Raises ValueError for no version."""
    if not versions:
        raise ValueError("comparison page: got no version, supported is one or more")
    parts = [
        f"<h1>{escape(' and '.join(one.output for one in versions))}</h1>",
        f"<p>Measured against {escape(versions[0].target)}, {versions[0].num_frames} frames.</p>",
        *(f"<p>{escape(line)}</p>" for one in versions for line in one.warnings),
        _means(versions),
        *_stills(versions),
        *_flags(versions),
        *(_figure(name, versions) for name in COLUMNS),
    ]
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Quality</title><style>{_STYLE}</style>'
    return f"{head}</head><body>\n" + "\n".join(parts) + "\n</body></html>\n"


def _means(versions: Sequence[Comparison]) -> str:
    heads = "".join(f'<th style="color:{color}">{escape(one.output)}</th>' for one, color in _colored(versions))
    rows = [
        f"<tr><th>{escape(_TITLES[name])}</th>" + "".join(_cell(one.means.get(name)) for one in versions) + "</tr>"
        for name in COLUMNS
    ]
    rows.append(
        "<tr><th>Frames that lost their face</th>" + "".join(_cell(len(one.dropped)) for one in versions) + "</tr>"
    )
    verdicts = "".join(f"<td>{escape(str(one.marks.get('verdict', 'unknown')))}</td>" for one in versions)
    return f"<table><tr><th>Mean</th>{heads}</tr>{''.join(rows)}<tr><th>Marks</th>{verdicts}</tr></table>"


def _cell(value: float | None) -> str:
    return f'<td class="n">{"–" if value is None else f"{value:g}"}</td>'


def _stills(versions: Sequence[Comparison]) -> Iterator[str]:
    """A row for every frame that was kept: the target, then each version that kept it."""
    known = [{still.frame: still for still in one.stills} for one in versions]
    frames = sorted({frame for stills in known for frame in stills})
    if not frames:
        return
    yield "<h2>Frames beside the target</h2>"
    heads = "".join(f'<th style="color:{color}">{escape(one.output)}</th>' for one, color in _colored(versions))
    rows = "".join(f"<tr>{_row(frame, [stills.get(frame) for stills in known])}</tr>" for frame in frames)
    yield f'<table class="stills"><tr><th>Frame</th><th>Target</th>{heads}</tr>{rows}</table>'


def _row(frame: int, stills: Sequence[Still | None]) -> str:
    before = next(still.before for still in stills if still is not None)
    cells = "".join(
        "<td>–</td>" if one is None else f"<td>{_picture(one.after)}<br>{_worst(one)}</td>" for one in stills
    )
    return f"<th>{frame}</th><td>{_picture(before)}</td>{cells}"


def _worst(still: Still) -> str:
    return "" if still.why == "even" else f"worst {escape(still.why)}"


def _picture(data: str) -> str:
    return f'<img alt="" src="data:image/jpeg;base64,{escape(data)}">'


def _flags(versions: Sequence[Comparison]) -> Iterator[str]:
    for one in versions:
        flags = one.flags()
        yield f"<h2>{escape(one.output)}: {len(flags) or 'no'} {'flag' if len(flags) == 1 else 'flags'}</h2>"
        lines = [
            f"<li>frames {flag['start']} to {flag['stop'] - 1}: {escape(flag['why'])}</li>" for flag in flags[:200]
        ]
        yield f"<ul>{''.join(lines)}</ul>"


def _figure(name: str, versions: Sequence[Comparison]) -> str:
    values = [value for one in versions for value in one.columns[name] if value is not None]
    if not values:
        return ""
    limit = LIMITS.get(name, ("", None))[1]
    low, high = min([0.0, *values]), max([*values, limit or 0.0])
    high = high if high > low else low + 1
    lines = "".join(_lines(one.columns[name], low, high, color) for one, color in _colored(versions))
    marks = f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{_y(low, low, high)}" y2="{_y(low, low, high)}"/>'
    if limit is not None:
        marks += f'<line class="limit" x1="0" x2="{_WIDTH}" y1="{_y(limit, low, high)}" y2="{_y(limit, low, high)}"/>'
    texts = f'<text x="2" y="11">{high:.3g}</text><text x="2" y="{_HEIGHT - 8}">{low:.3g}</text>'
    title = escape(_TITLES[name])
    picture = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">{marks}{lines}{texts}</svg>'
    return f"<figure><figcaption>{title}</figcaption>{picture}</figure>"


def _lines(values: Sequence[float | None], low: float, high: float, color: str) -> str:
    count = max(len(values) - 1, 1)
    points = [(n * _WIDTH / count, _y(value, low, high)) for n, value in enumerate(values) if value is not None]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{color}"/>' for x, y in points if len(points) < 60)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>{dots}'


def _y(value: float, low: float, high: float) -> float:
    return round(_HEIGHT - _PAD - (value - low) / (high - low) * (_HEIGHT - 2 * _PAD), 1)


def _colored(versions: Sequence[Comparison]) -> Iterator[tuple[Comparison, str]]:
    for place, one in enumerate(versions):
        yield one, _COLORS[place % len(_COLORS)]
