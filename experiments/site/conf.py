"""How Sphinx builds the site; `coprod site` lays the pages out and calls it."""

import os
from importlib.metadata import version as version_of
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent

project = "coprod-abm"
author = "The coprod-abm contributors"
project_copyright = author
version = release = version_of("coprod-abm")
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_gallery.gen_gallery"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
nitpicky = False
keep_warnings = False
suppress_warnings = ["config.cache"]  # names of functions below are told to Sphinx as text, which it can keep

myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]

napoleon_use_ivar = True  # fields of a class stand once, with what its docstring says of them
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "coprod-abm"
html_static_path = [str(HERE / "look")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None

linkcheck_ignore = [r"^https?://(127\.0\.0\.1|localhost)"]  # a page of one's own machine

sphinx_gallery_conf = {
    "examples_dirs": os.environ["COPROD_SITE_TUTORIALS"],
    "gallery_dirs": "tutorials",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "coprod_abm.experiments.site.tutorials.place_of",
    "image_scrapers": ("coprod_abm.experiments.site.tutorials.pictures",),
    "reset_modules": ("matplotlib", "coprod_abm.experiments.site.tutorials.settled"),
    "capture_repr": ("_repr_html_",),  # tables; a picture is taken by the scraper
    "remove_config_comments": True,
    "reset_modules_order": "both",
    "show_memory": False,
    "min_reported_time": 0,
    "write_computation_times": False,
    "abort_on_example_error": True,
    "download_all_examples": True,
    "show_signature": False,
}


def setup(app: Sphinx) -> None:
    """Blocks of figures are shown as they are: nothing in them has a colour."""
    app.add_lexer("csv", TextLexer)
