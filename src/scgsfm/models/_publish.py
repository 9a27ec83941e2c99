"""Write loaded models to directories and to the Hugging Face hub, in the layout that :func:`load` reads."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scgsfm._logging import logger
from scgsfm.settings import settings

from ._extras import needs
from ._locate import HUB_ID
from ._serialization import write_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import numpy as np

    from ._serialization import Quantize

README = "README.md"
_INTRODUCTIONS = {
    "gsfm": "A gene set foundation model: it completes gene sets, predicts gene functions, and embeds genes, sets and cells.",
    "gpgpt": "A language model that reads questions about genes, phenotypes and diseases.",
    "r3lm": "A model of the activity of regulatory DNA, with explanations.",
}


class Publishable:
    """A model that can be written to a directory and to the Hugging Face hub."""

    kind: str
    name: str
    metadata: dict[str, Any]

    def _content(self) -> tuple[Mapping[str, Any], Mapping[str, np.ndarray], Sequence[str]]:
        """Configuration, tensors and vocabulary."""
        raise NotImplementedError(type(self).__name__)

    def save_pretrained(self, folder: str | os.PathLike[str], *, quantize: Quantize = None) -> Path:
        """Write the model to a directory that :func:`scgsfm.models.load` reads, with a model card in ``README.md``.

        Parameters
        ----------
        folder
            The directory, created if it does not exist. Files of a model in it are replaced.
        quantize
            How matrices are stored: ``None`` as float32, so that the loaded model gives the same numbers; ``"float16"``
            or ``"int8"`` for smaller files with rounded weights.

        Returns
        -------
        The directory.

        Examples
        --------
        >>> import scgsfm, tempfile
        >>> model = scgsfm.models.load("gsfm-base")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     saved = model.save_pretrained(folder, quantize="int8")
        ...     sorted(file.name for file in saved.iterdir())
        ['README.md', 'card.json', 'checksums.json', 'config.json', 'model.safetensors', 'vocab.txt']
        """
        return self._save(Path(folder), "path/to/this/folder", quantize)

    def to_hub(
        self,
        repo_id: str,
        *,
        token: str | None = None,
        private: bool | None = None,
        quantize: Quantize = None,
        message: str = "Upload model",
    ) -> str:
        """Upload the model to the Hugging Face hub, from where :func:`scgsfm.models.load` loads it by its id.

        The repository is created if it does not exist. Check first that the license of the model and of its training data
        allows it; the license in the model card is stated on the hub. Needs the extra ``hub``.

        Parameters
        ----------
        repo_id
            The id ``owner/name`` of the repository.
        token
            Access token with write permission. By default, that of ``hf auth login`` or of the variable ``HF_TOKEN``.
        private
            Whether a new repository is private. By default, as set for the owner on the hub (usually public). Private
            models cannot be loaded by their id: download their files first.
        quantize
            As in :meth:`save_pretrained`.
        message
            Message of the commit.

        Returns
        -------
        URL of the repository.

        Raises
        ------
        ImportError
            If the extra ``hub`` is not installed.
        RuntimeError
            If ``settings.offline`` forbids it.
        ValueError
            If ``repo_id`` is not of the form ``owner/name``.
        """
        if not HUB_ID.fullmatch(repo_id):
            msg = f"`repo_id` is {repo_id!r}, but must be the id of a repository on the hub: 'owner/name'."
            raise ValueError(msg)
        if settings.offline:
            msg = "`to_hub` uploads files, which settings.offline (SCGSFM_OFFLINE) forbids."
            raise RuntimeError(msg)
        with needs("huggingface_hub", "`to_hub`", "hub"):
            from huggingface_hub import HfApi
        with tempfile.TemporaryDirectory() as folder:
            self._save(Path(folder), repo_id, quantize)
            api = HfApi(token=token)
            url = str(api.create_repo(repo_id, private=private, exist_ok=True))
            api.upload_folder(repo_id=repo_id, folder_path=folder, commit_message=message)
        logger.info("uploaded %s to %s", self.name, url)
        return url

    def _save(self, folder: Path, source: str, quantize: Quantize) -> Path:
        config, tensors, vocab = self._content()
        card = self.metadata or {"name": Path(self.name).name}
        write_folder(folder, {"model_type": self.kind, **config}, tensors, vocab, card, quantize=quantize)
        (folder / README).write_text(_readme(self.kind, card, source), encoding="utf-8")
        return folder


def _readme(kind: str, card: Mapping[str, Any], source: str) -> str:
    """The model card of the hub: license and tags, how to load the model, and all metadata."""
    licence = card.get("licence")
    front = ["library_name: scgsfm", "tags:", *(f"- {tag}" for tag in ("biology", "genomics", "single-cell", kind))]
    if licence:
        front.insert(0, f"license: {json.dumps(str(licence).lower())}")
    text = json.dumps(card, indent=1, ensure_ascii=False)
    return f"""---
{chr(10).join(front)}
---

# {card.get("name", kind)}

{_INTRODUCTIONS[kind]}

License: {licence or "not stated"}

```python
import scgsfm

model = scgsfm.models.load("{source}")
```

## Metadata

```json
{text}
```
"""
