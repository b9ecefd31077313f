"""Slides of one look: native titles, sentences, tables and charts that fit their boxes, each with notes for who leads."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Inches, Pt

from coprod_abm.experiments.pack.fit import AIR, BODY_SIZE, fitting, height_of, lines_of, table_size
from coprod_abm.experiments.pack.page import Cell

WIDE, HIGH = 13.333, 7.5  # inches
SIDE, TOP, BOTTOM = 0.6, 1.55, 7.1  # what lies between title and lower edge is free
INSIDE = WIDE - 2 * SIDE
TITLE_SIZE = 30.0  # points
LANGUAGES = {"en": "en-GB", "sv": "sv-SE"}
INK, BLUE = "1A1A1A", "00578A"
FILLS = {"better": "CFE3F2", "worse": "F8D8C0", "plain": "F4F4F4", "unclear": "FFFFFF", "": "FFFFFF"}
COLOURS = ("595959", "0072B2", "D55E00", "009E73")  # as on pictures
FONT = "Calibri"
GRID = "{5940675A-B579-460E-94D1-54222C63F5DA}"  # PowerPoint's own style with lines and no fills


def colour(code: str) -> RGBColor:
    """A colour of six digits."""
    return RGBColor.from_string(code)


class Deck:
    """A presentation in one language.

    Attributes:
        language: of every word.
        file: the presentation.
        made: how the numbers were made, which ends the notes of each slide.
    """

    def __init__(self, language: str, title: str) -> None:
        self.language, self.made = language, ""
        self.file = Presentation()
        self.file.slide_width, self.file.slide_height = Inches(WIDE), Inches(HIGH)
        core = self.file.core_properties
        core.title, core.language, core.author = title, LANGUAGES[language], "coprod-abm"
        self.plain = self.file.slide_layouts[5]  # a title alone
        for shape in [
            *self.file.slide_master.placeholders,
            *(p for one in self.file.slide_layouts for p in one.placeholders),
        ]:
            shape.left, shape.width = round(shape.left * WIDE / 10), round(shape.width * WIDE / 10)

    def slide(self, title: str, notes: str) -> Any:
        """A new slide with a title that fits, and notes."""
        made = self.file.slides.add_slide(self.plain)
        shape = made.shapes.title
        shape.left, shape.top, shape.width, shape.height = map(Inches, (SIDE, 0.35, INSIDE, 1.1))
        size = TITLE_SIZE
        while size > 20 and height_of(lines_of(title, INSIDE, size, bold=True), size) > 1.1:
            size -= 1
        self.write(shape.text_frame, [title], size, bold=True, code=BLUE)
        shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        shape.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
        made.notes_slide.notes_text_frame.text = f"{notes}\n\n{self.made}".strip()
        self.mark(made.notes_slide.notes_text_frame)
        return made

    def write(self, frame: Any, texts: Sequence[str], size: float, *, bold: bool = False, code: str = INK) -> None:
        """Paragraphs of one size into a frame, in the language of the deck."""
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        frame.margin_left = frame.margin_right = Inches(AIR)
        frame.margin_top = frame.margin_bottom = Inches(0.03)
        for place, text in enumerate(texts):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = text
            run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
            run.font.color.rgb = colour(code)
            paragraph.space_after = Pt(0.35 * size if len(texts) > 1 else 0)
            paragraph.line_spacing = 1.0
        self.mark(frame)

    def mark(self, frame: Any) -> None:
        """Say in which language a text is, for screen readers and spelling."""
        for paragraph in frame.paragraphs:
            for run in paragraph.runs:
                run.font.language_id = None
                run._r.get_or_add_rPr().set("lang", LANGUAGES[self.language])  # noqa: SLF001 - python-pptx knows no Swedish

    def sentences(
        self,
        slide: Any,
        texts: Sequence[str],
        box: tuple[float, float, float, float] | None = None,
        most: float = BODY_SIZE,
    ) -> float:
        """Sentences in a box, as large as fits; the size."""
        left, top, width, height = box or (SIDE, TOP, INSIDE, BOTTOM - TOP)
        size = fitting(texts, width, height, most)
        shape = slide.shapes.add_textbox(*map(Inches, (left, top, width, height)))
        self.write(shape.text_frame, texts, size)
        return size

    def table(
        self,
        slide: Any,
        heads: Sequence[str],
        rows: Sequence[tuple[str, Sequence[Cell]]],
        alt: str,
        first: float,
        top: float = TOP,
        *,
        whole: bool = False,
    ) -> float:
        """A native table with a head; the height that it takes in inches.

        ``first`` is the width of the names of rows; with ``whole`` the rows share all the room below.
        """
        others = (INSIDE - first) / max(len(heads) - 1, 1)
        widths = [first, *[others] * (len(heads) - 1)]
        size, heights = table_size(heads, rows, widths, BOTTOM - top)
        if whole and len(rows):
            more = min((BOTTOM - top - sum(heights)) / len(rows), 0.5)
            heights = [heights[0], *(height + max(more, 0.0) for height in heights[1:])]
        frame = slide.shapes.add_table(len(rows) + 1, len(heads), *map(Inches, (SIDE, top, INSIDE, sum(heights))))
        describe(frame, alt)
        frame._element.xpath(".//a:tableStyleId")[0].text = GRID  # noqa: SLF001 - python-pptx has no other way
        for place, width in enumerate(widths):
            frame.table.columns[place].width = Inches(width)
        for place, height in enumerate(heights):
            frame.table.rows[place].height = Inches(height)
        frame.table.first_col = True
        for column, head in enumerate(heads):
            self.cell(frame.table.cell(0, column), [head], size, "E6F0F6", bold=True)
        for row, (name, cells) in enumerate(rows, start=1):
            self.cell(frame.table.cell(row, 0), [name], size, "FFFFFF", bold=True)
            for column, cell in enumerate(cells, start=1):
                told = [text for text in (cell.first, cell.second) if text] or [""]
                self.cell(frame.table.cell(row, column), told, size, FILLS.get(cell.look, "FFFFFF"))
        return sum(heights)

    def cell(self, cell: Any, texts: Sequence[str], size: float, fill: str, *, bold: bool = False) -> None:
        """Text in a cell."""
        cell.fill.solid()
        cell.fill.fore_color.rgb = colour(fill)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        cell.margin_left = cell.margin_right = Inches(AIR)
        frame = cell.text_frame
        for place, text in enumerate(texts):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = text
            run.font.size, run.font.bold, run.font.name = Pt(size if place == 0 else size - 2), bold, FONT
            run.font.color.rgb = colour(INK)
        self.mark(frame)

    def chart(
        self,
        slide: Any,
        kind: Any,
        names: Sequence[str],
        series: Mapping[str, Sequence[float | None]],
        alt: str,
        box: tuple[float, float, float, float],
        colours: Sequence[str] = COLOURS,
    ) -> Any:
        """A native chart whose numbers can be edited; the chart."""
        data = CategoryChartData()
        data.categories = list(names)
        for name, values in series.items():
            data.add_series(name, list(values))
        frame = slide.shapes.add_chart(kind, *map(Inches, box), data)
        describe(frame, alt)
        chart = frame.chart
        chart.has_title = False
        chart.has_legend = len(series) > 1
        if chart.has_legend:
            chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        chart.font.size, chart.font.name = Pt(16), FONT
        chart.font.color.rgb = colour(INK)
        for one, code in zip(chart.plots[0].series, colours, strict=False):
            one.format.fill.solid()
            one.format.fill.fore_color.rgb = colour(code)
        return chart

    def picture(self, slide: Any, png: bytes, alt: str) -> None:
        """A picture as large as fits below the title, with its words."""
        height = BOTTOM - TOP + 0.25
        shape = slide.shapes.add_picture(io.BytesIO(png), Inches(SIDE), Inches(TOP - 0.05), height=Inches(height))
        shape.left = round((Inches(WIDE) - shape.width) / 2)
        describe(shape, alt)

    def save(self, file: Path) -> None:
        """Write the file."""
        self.file.save(str(file))


def describe(shape: Any, alt: str) -> None:
    """Words for who cannot see a shape."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", alt)  # noqa: SLF001 - python-pptx has no other way
