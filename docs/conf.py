"""Sphinx configuration: no page needs the network to build."""

import sys
from importlib.metadata import metadata
from pathlib import Path

here = Path(__file__).parent
sys.path.insert(0, str(here))
from api_pages import write_pages  # noqa: E402

write_pages(here)
info = metadata("scgsfm")
project = info["Name"]
author = "the scgsfm maintainers"
copyright = author
release = info["Version"]
repository = "https://github.com/scgsfm/scgsfm"
site = "https://scgsfm.readthedocs.io"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_autodoc_typehints",
    "scanpydoc.elegant_typehints",
    "scanpydoc.definition_list_typed_field",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.bibtex",
    "sphinxext.opengraph",
]
exclude_patterns = [
    "_build",
    "_corpus.md",
    "jupyter_execute",
    "gallery_examples",
    "gallery/**.ipynb",  # sphinx-gallery writes each example as a notebook, too
    "**.ipynb_checkpoints",
]
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

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def inventory(name: str, url: str) -> tuple[str, tuple[None, str]]:
    """The project's own inventory, and without network the names in ``_inventories`` (``inventories.py`` writes them)."""
    return url, (None, str(here / "_inventories" / f"{name}.inv"))


intersphinx_timeout = 5
intersphinx_mapping = {
    name: inventory(name, url)
    for name, url in {
        "anndata": "https://anndata.readthedocs.io/en/stable/",
        "dask": "https://docs.dask.org/en/stable/",
        "decoupler": "https://decoupler.readthedocs.io/en/stable/",
        "matplotlib": "https://matplotlib.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "pandas": "https://pandas.pydata.org/pandas-docs/stable/",
        "python": "https://docs.python.org/3/",
        "scanpy": "https://scanpy.readthedocs.io/en/stable/",
        "scipy": "https://docs.scipy.org/doc/scipy/",
        "torch": "https://docs.pytorch.org/docs/stable/",
    }.items()
}

qualname_overrides = {  # public names of classes that are defined in private modules
    "numpy.random._generator.Generator": "numpy.random.Generator",
    "pandas.core.frame.DataFrame": "pandas.DataFrame",
    "pandas.core.series.Series": "pandas.Series",
    "scipy.sparse._csc.csc_array": "scipy.sparse.csc_array",
    "scipy.sparse._csr.csr_array": "scipy.sparse.csr_array",
    "scipy.sparse._csr.csr_matrix": "scipy.sparse.csr_matrix",
}

# the footer of cards is written as the lowest version of sphinx-design reads it
suppress_warnings = ["design.card_legacy"]

nitpicky = True
nitpick_ignore_regex = [
    # text in the docstrings of attributes and of the standard library that napoleon reads as a type
    (r"py:class", r".* .*"),
    # classes that users receive but do not create: their fields are described where they are returned
    (r"py:class", r"scgsfm\.(.+\.)?_\w+\.\w+"),
    # annotations of attributes that autodoc reads as text, without the module of the name
    (r"py:class", r"Column|Date|Knots|Model|NeighborResidual|Origin|boolean"),
    # objects of docstrings whose page does not list them: attributes, constants and functions of private modules
    (r"py:(attr|data|func|meth)", r"[a-zA-Z_]+"),
    (r"py:data", r"scgsfm\.models\.gpgpt\.QUESTION_KINDS"),
    (r"py:func", r"scgsfm\.genes\.resolve"),
]

# examples of plots, if there are any; pages of functions show theirs
has_gallery = (here / "gallery_examples").is_dir()
autosummary_context = {"gallery": has_gallery}
if has_gallery:
    extensions.append("sphinx_gallery.gen_gallery")
    sphinx_gallery_conf = {
        "examples_dirs": "gallery_examples",
        "gallery_dirs": "gallery",
        "filename_pattern": "/plot_",
        "subsection_order": [
            *(
                f"gallery_examples/{task}"
                for task in (
                    "scores",
                    "annotation",
                    "comparison",
                    "enrichment",
                    "functions",
                    "phenotypes",
                    "regulatory",
                )
            ),
            "*",  # tasks that are not in this list come last
        ],
        "within_subsection_order": "FileNameSortKey",
        "backreferences_dir": "generated/backreferences",
        "doc_module": ("scgsfm",),
        "download_all_examples": False,
        "remove_config_comments": True,
        "show_signature": False,
        "write_computation_times": False,
    }

ogp_site_url = site
ogp_image = f"{site}/en/latest/_static/dropout.png"
ogp_description_length = 200
ogp_social_cards = {"enable": False}  # the figure is the card

html_theme = "sphinx_book_theme"
html_title = project
html_logo = "_static/logo.svg"
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_theme_options = {
    "repository_url": repository,
    "repository_branch": "main",
    "path_to_docs": "docs",
    "use_repository_button": True,
    "use_issues_button": True,
    "use_edit_page_button": True,
    "home_page_in_toc": False,
    "navbar_persistent": [],  # the sidebar has the search
    "show_toc_level": 2,
}
