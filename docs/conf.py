"""Sphinx configuration: no page needs the network to build."""

from importlib.metadata import metadata

info = metadata("scgsfm")
project = info["Name"]
author = "the scgsfm maintainers"
copyright = author
release = info["Version"]
repository = "https://github.com/scgsfm/scgsfm"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_autodoc_typehints",
    "scanpydoc.elegant_typehints",
    "scanpydoc.definition_list_typed_field",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build", "_corpus.md", "jupyter_execute", "**.ipynb_checkpoints"]
templates_path = ["_templates"]

nb_execution_mode = "off"  # the notebooks carry their outputs; the tests run them
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "author_year"

autosummary_generate = True
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_rtype = True
typehints_defaults = "braces"
always_use_bars_union = True

html_theme = "sphinx_book_theme"
html_title = project
html_theme_options = {"repository_url": repository, "use_repository_button": True, "path_to_docs": "docs"}
