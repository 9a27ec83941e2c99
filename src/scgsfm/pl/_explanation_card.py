"""Draw an explanation as a card: text, genes and terms."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm.explanation import term_label

from ._figure import small_font
from ._finish import MIN_FONT, slot_of
from ._style import OKABE_ITO, faded, text_color
from ._term_dots import sequential_map, text_width
from ._term_labels import in_lines
from ._toolkit import distinct

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scgsfm.explanation import Explanation

WIDTH = 6.6
"""Width of a new figure in inches."""
LINE, CHARACTER = 0.158, 0.0635
"""Height of a line and mean width of a character of small text in inches."""
SQUARE, NAME, STRIP = 0.2, 0.38, 0.9
"""Heights of the squares of genes, of their names, and of both with a title and a distance, in inches."""
BAR, AXIS, TITLE, PAD = 0.29, 0.75, 0.27, 0.1
"""Heights of a bar, of what surrounds the bars, and of the title, and the margin, in inches."""
LABEL = 38
"""Maximum number of characters in a line of a label."""
SHOWN = ("subject", "abstention", "function", "genes", "comparison", "motifs", "predicted", "confidence", "against")
"""Sentences on the card; the others are shown as bars."""
MAX_GENES, MAX_LOG = 9, 300.0
KINDS = {"function": OKABE_ITO[0], "cell type": OKABE_ITO[1], "phenotype": OKABE_ITO[2], "disease": OKABE_ITO[3]}
CELL_TYPES = ("cell_types", "pbmc_markers", "tissue_markers")


def draw_card(
    explanation: Explanation,
    *,
    cmap: Any,
    figsize: tuple[float, float] | None,
    ax: Axes | None,
    style: dict[str, Any],
) -> list[Axes]:
    """Draw the card in a new figure or in the place of given axes; returns the axes of text, genes and terms."""
    import matplotlib.pyplot as plt

    genes, terms = _genes(explanation), _terms(explanation)
    if ax is None:
        width = figsize[0] if figsize else WIDTH
        lines = _lines(explanation, int((width - 2 * PAD) / CHARACTER))
        height = figsize[1] if figsize else sum(_heights(lines, genes, terms)) + 2 * PAD
        figure = plt.figure(figsize=(width, height))
        slot = (PAD, PAD, width - 2 * PAD, height - 2 * PAD)
    else:
        ax.axis("off")
        figure = ax.figure.figure
        size, box = figure.get_size_inches(), slot_of(ax)
        slot = (box.x0 * size[0], box.y0 * size[1], box.width * size[0], box.height * size[1])
        lines = _lines(explanation, int(slot[2] / CHARACTER))
    lines, heights = _fitted(lines, genes, terms, slot[3])
    axes = _stacked(figure, slot, heights, [name for name, _, _ in terms])
    _draw_text(axes[0], explanation.subject, lines)
    _draw_genes(axes[1], genes, cmap)
    _draw_terms(axes[2], terms, style, _label_length(slot[2]))
    return axes


def _heights(lines: list[str], genes: list[Any], terms: list[Any]) -> list[float]:
    """Heights of text, genes and terms in inches, with what surrounds them."""
    return [TITLE + LINE * len(lines), STRIP if genes else 0.0, BAR * len(terms) + AXIS if terms else 0.0]


def _fitted(lines: list[str], genes: list[Any], terms: list[Any], height: float) -> tuple[list[str], list[float]]:
    """Lines that fit, and heights that fill the height: little space takes lines first, then the height of bars."""
    heights = _heights(lines, genes, terms)
    room = height - heights[1] - (AXIS + 0.5 * BAR * len(terms) if terms else 0)
    n = max(int((room - TITLE) / LINE), 1)
    if n < len(lines):
        lines = [*lines[: n - 1], f"{lines[n - 1][:-1]}…"]
    heights = _heights(lines, genes, terms)
    return lines, [heights[0], heights[1], max(height - heights[0] - heights[1], 0.3)]


def _stacked(figure: Any, slot: tuple[float, ...], heights: list[float], names: list[str]) -> list[Axes]:
    """Axes below each other, those of the bars with space for their labels."""
    left, bottom, width, height = slot
    lines = [line for name in names for line in in_lines(name, _label_length(width), 2).split("\n")]
    # capitals are wider than the letters that the width of text is estimated from
    labels = max((text_width([line]) * (0.97 + 0.3 * _capitals(line)) for line in lines), default=0.0)
    labels = min(labels + 0.05, 0.6 * width)
    top, boxes = bottom + height, []
    for i, each in enumerate(heights):
        above, below = ((TITLE, 0), (STRIP - SQUARE - NAME, NAME), (0.4 * AXIS, 0.6 * AXIS))[i]
        shift = labels if i == 2 else 0
        boxes.append((left + shift, top - each + below, width - shift, max(each - above - below, 0.01)))
        top -= each
    size = figure.get_size_inches()
    return [figure.add_axes((x / size[0], y / size[1], w / size[0], h / size[1])) for x, y, w, h in boxes]


def _label_length(width: float) -> int:
    """Maximum number of characters in a line of a label, fewer on a narrow card."""
    return min(LABEL, int(0.5 * width / CHARACTER))


def _capitals(line: str) -> float:
    """Share of capitals."""
    return sum(letter.isupper() for letter in line) / max(len(line), 1)


def _lines(explanation: Explanation, n: int) -> list[str]:
    """The text and the sources, in lines of ``n`` characters."""
    number = {source: i for i, source in enumerate(explanation.sources, 1)}
    lines = []
    for sentence in explanation.kept:
        if sentence.role in SHOWN:
            cited = sorted({number[f"{c.source}, {c.version}" if c.version else c.source] for c in sentence.claims})
            text = f"{sentence.text}\N{NO-BREAK SPACE}[{', '.join(map(str, cited))}]"
            text = text.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
            lines += textwrap.wrap(text, max(n, 24)) or [""]
    sources = "; ".join(f"[{i}] {source}" for source, i in number.items())
    return [*lines, *textwrap.wrap(sources, max(n, 24))]


def _genes(explanation: Explanation) -> list[tuple[str, float]]:
    """Genes with their fold changes, or genes of the first function without."""
    claims = [claim for sentence in explanation.kept for claim in sentence.claims]
    markers = [(c.subject, c.value) for c in claims if c.relation == "higher in these cells"]
    if not markers:
        named = [c.subject for c in claims if c.relation == "annotated to"]
        markers = [(gene, np.nan) for gene in dict.fromkeys(named)]
    return markers[:MAX_GENES]


def _terms(explanation: Explanation) -> list[tuple[str, float, str]]:
    """Label, -log10 adjusted p-value and kind of each term, best first within the kinds."""
    found = []
    for sentence in explanation.kept:
        for claim in sentence.claims:
            if claim.relation == "enriched for":
                kind = "phenotype" if claim.object.startswith("HP:") else "function"
                kind = "cell type" if claim.source in CELL_TYPES else kind
                kind = "disease" if claim.source == "diseases of genes" else kind
                log = MAX_LOG if claim.value <= 10**-MAX_LOG else -np.log10(claim.value)
                found.append((term_label(claim.object), float(log), kind))
    return sorted(found, key=lambda term: (list(KINDS).index(term[2]), -term[1]))


def _draw_text(ax: Axes, title: str, lines: list[str]) -> None:
    ax.axis("off")
    ax.set_title(title, loc="left", fontsize="medium", fontweight="bold")
    ax.text(0, 1, "\n".join(lines), va="top", fontsize="small", linespacing=1.25, transform=ax.transAxes)


def _draw_genes(ax: Axes, genes: list[tuple[str, float]], cmap: Any) -> None:
    """A square for each gene, with its fold change."""
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle
    from matplotlib.pyplot import get_cmap

    if not genes:
        ax.axis("off")
        return
    values = np.array([value for _, value in genes])
    has_values = bool(np.isfinite(values).any())
    colors = (
        (get_cmap(cmap) if cmap else sequential_map(ax))(Normalize(0, np.nanmax(values))(values))
        if has_values
        else None
    )
    for i in range(len(genes)):
        color = faded(0.25, ax) if colors is None else colors[i]
        ax.add_patch(Rectangle((i + 0.04, 0), 0.92, 1, color=color, linewidth=0))
    ax.set_xlim(0, max(len(genes), 9))
    ax.set_ylim(0, 1)
    cell = 72 * ax.get_window_extent().width / ax.figure.figure.dpi / max(len(genes), 9)
    font = min(small_font(1), max(cell / (0.72 * max(len(gene) for gene, _ in genes)), MIN_FONT))
    names = [f"{gene}\n{value:.1f}" if has_values else gene for gene, value in genes]
    ax.set_xticks(np.arange(len(genes)) + 0.5, names, fontsize=font, linespacing=1.05)
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    name = "log2 fold change of markers" if has_values else "genes of the first terms"
    ax.set_title(name, loc="left", fontsize="small", color=faded(0.75, ax))


def _draw_terms(ax: Axes, terms: list[tuple[str, float, str]], style: dict[str, Any], width: int) -> None:
    """A bar for each term."""
    from matplotlib.patches import Patch

    if not terms:
        ax.axis("off")
        return
    y = np.arange(len(terms))
    options: dict[str, Any] = {"height": 0.7, "color": [KINDS[kind] for _, _, kind in terms]}
    ax.barh(y, [log for _, log, _ in terms], **options | style)
    bar = ax.get_window_extent().height / ax.figure.figure.dpi / len(terms)
    names = [name for name, _, _ in terms]
    texts = distinct(names, [in_lines(name, width, 2 if bar > 0.85 * BAR else 1) for name in names], names)
    ax.set_yticks(y, texts, fontsize=small_font(0.8 * bar), linespacing=0.95)
    ax.set_ylim(len(terms) - 0.4, -0.6)
    ax.set_xlabel("-log10 adjusted p-value", fontsize="small")
    ax.tick_params(axis="x", labelsize="small")
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right"]].set_visible(False)
    present = [kind for kind in KINDS if any(kind == each for _, _, each in terms)]
    handles = [Patch(color=KINDS[kind], label=kind) for kind in present]
    options = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": len(present), "borderaxespad": 0.2}
    ax.legend(handles=handles, fontsize="small", frameon=False, labelcolor=text_color(), **options)
