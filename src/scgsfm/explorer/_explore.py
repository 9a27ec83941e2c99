from __future__ import annotations

import atexit
import socket
import sys
import threading
import time
import webbrowser
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scgsfm._checks_types import checks_types
from scgsfm._docs import doc_params
from scgsfm._logging import logger

from ._own_data import OwnData
from ._state import State
from ._workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from anndata import AnnData

    from scgsfm.genesets import GeneSetsLike
    from scgsfm.models.gsfm import GSFM

HOST = "127.0.0.1"
LIBRARIES = ("hallmark", "reactome", "go_bp", "cell_types")
_SECONDS_TO_START = 30


@dataclass(eq=False)
class Explorer:
    """A page that is served in the background. Its address is ``url``; ``stop()`` ends it."""

    url: str
    _server: Any = field(repr=False)
    _thread: threading.Thread = field(repr=False)
    _work: Workspace = field(repr=False)

    def stop(self) -> None:
        """Stop serving the page, and what is computed for it."""
        self._server.should_exit = True
        self._work.stop()
        atexit.unregister(self._work.stop)
        self._thread.join(10)

    def wait(self) -> None:
        """Serve until the process is interrupted (Ctrl+C)."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.5)
        except KeyboardInterrupt:
            self.stop()

    def _repr_html_(self) -> str:
        return f'<a href="{self.url}" target="_blank">{self.url}</a>'


@checks_types
@doc_params
def explore(
    adata: AnnData,
    *,
    libraries: str | Sequence[str] | Mapping[str, GeneSetsLike] = LIBRARIES,
    model: str | PathLike[str] | GSFM = "gsfm-base",
    layer: str | None = None,
    use_raw: bool = False,
    gene_symbols: str | None = None,
    title: str = "",
    port: int = 0,
    open_browser: bool = True,
    block: bool | None = None,
) -> Explorer:
    """Explore cells, gene sets and genes on a local page in the browser.

    The page searches genes and terms with their known and predicted functions, completes lists of genes, colors the
    embedding by any set, tests groups of cells and lists for enrichment, compares conditions, explains groups, sets and
    genes, and answers questions. Its address changes with the view, so that a link reopens it. ``adata`` is not changed:
    the matrix is shared, and results are kept apart.

    The server accepts connections only from the computer on which it runs (127.0.0.1) and refuses requests of other pages.
    The page loads nothing from the internet. Other users of the same computer can open the page as well. It needs the extra
    ``explore``: ``pip install "scgsfm[explore]"``.

    Parameters
    ----------
    adata
        Cells × genes, with counts or log-normalized values. Embeddings are read from ``obsm``, groups from ``obs``. Without
        an embedding, a UMAP of at most 50,000 cells is computed when the cells are first shown.
    libraries
        Names of libraries, or a dict from names to gene sets, which can be any input of :class:`~scgsfm.GeneSets`.
    model
        {model}
    layer
        {layer}
    use_raw
        {use_raw}
    gene_symbols
        {gene_symbols}
    title
        Text above the page. By default, the numbers of cells and genes.
    port
        Port of the page. 0 chooses a free one.
    open_browser
        Whether to open the page in the browser.
    block
        Whether to wait until the process is interrupted. By default, scripts wait, and the call returns at once in
        notebooks and interactive interpreters.

    Returns
    -------
    The served page, with ``url`` and ``stop()``.

    Raises
    ------
    ImportError
        If the extra ``explore`` is not installed.
    OSError
        If the port is in use.
    ValueError
        If there are no cells, or a library, layer or column does not exist.

    Examples
    --------
    >>> import scgsfm as sg
    >>> page = sg.explore(sg.datasets.pbmc(), open_browser=False, block=False)  # doctest: +SKIP
    >>> page.stop()  # doctest: +SKIP
    """
    try:
        import shiny  # noqa: F401
        import uvicorn
    except ImportError as error:
        msg = "The explorer needs the extra `explore`: pip install 'scgsfm[explore]'."
        raise ImportError(msg) from error
    from ._server import server_of

    data = OwnData.of(adata, layer=layer, use_raw=use_raw, gene_symbols=gene_symbols, title=title)
    work = Workspace(data, libraries=libraries, model=model)
    bound = _bound_socket(port)
    port = int(bound.getsockname()[1])
    app = server_of(work, port)
    # access logs would print links with the user's genes
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True, name="scgsfm-explorer")
    thread.start()
    _wait_for_start(server, thread)
    page = Explorer(f"http://{HOST}:{port}/{State().link().removesuffix('?')}", server, thread, work)
    atexit.register(work.stop)  # notebooks end without `stop()`
    # the first request would wait for the model and the index
    threading.Thread(target=_prepare, args=(work,), daemon=True).start()
    logger.info("explore at %s (Ctrl+C ends it)", page.url)
    if open_browser:
        webbrowser.open(page.url)
    if block if block is not None else not _is_interactive():
        page.wait()
    return page


def _prepare(work: Workspace) -> None:
    try:
        work.prepare()
    except Exception as error:  # noqa: BLE001  # the page shows it where it matters
        logger.debug("Preparing the explorer failed: %s", error)


def _bound_socket(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # elsewhere, this would allow another process to take the port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except (OSError, OverflowError) as error:
        bound.close()
        msg = f"`port` {port} can't be used: {error}. Choose another one, or 0 for any that is free."
        raise OSError(msg) from error
    return bound


def _wait_for_start(server: Any, thread: threading.Thread) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            server.should_exit = True
            msg = "The server of the explorer did not start."
            raise OSError(msg)
        time.sleep(0.01)


def _is_interactive() -> bool:
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or "ipykernel" in sys.modules
