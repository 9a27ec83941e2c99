from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anndata import AnnData


def data_matrix(adata: AnnData, *, layer: str | None, use_raw: bool) -> Any:
    """The matrix selected by ``layer`` and ``use_raw``."""
    if use_raw and layer is not None:
        msg = f"`use_raw=True` and `layer={layer!r}` are mutually exclusive: use one of them."
        raise ValueError(msg)
    if use_raw:
        data_var(adata, use_raw=True)  # raises if there is no `.raw`
        return adata.raw.X
    if layer is None:
        if adata.X is None:
            msg = f"`adata.X` is None. Choose a `layer` from: {', '.join(filter(None, adata.layers)) or 'none'}."
            raise ValueError(msg)
        return adata.X
    if layer not in adata.layers:
        layers = list(filter(None, adata.layers))
        hint = did_you_mean(str(layer), layers)
        msg = f"`layer` {layer!r} is not in `adata.layers`, which has: {', '.join(layers) or 'nothing'}.{hint}"
        raise ValueError(msg)
    return adata.layers[layer]


def gene_mask(var: pd.DataFrame, mask_var: str | Sequence[bool] | np.ndarray | pd.Series) -> np.ndarray:
    """The boolean mask of genes: ``mask_var`` is a column of ``var`` or the mask itself."""
    if isinstance(mask_var, str):
        if mask_var not in var:
            hint = did_you_mean(mask_var, var)
            msg = f"`mask_var` {mask_var!r} is not a column of `var`, which has: {', '.join(map(str, var)) or 'none'}.{hint}"
            raise ValueError(msg)
        mask_var = var[mask_var]
    elif isinstance(mask_var, pd.Series):
        mask_var = _in_order_of(var.index, mask_var)
    mask = np.asarray(mask_var)
    is_mask = mask.dtype == bool and mask.shape == (len(var),)
    if not is_mask or not mask.any():
        found = f"the shape {mask.shape}" + (" and no true value" if mask.dtype == bool and not mask.any() else "")
        missing = " (missing values are not boolean)" if pd.isna(mask).any() else ""
        msg = (
            f"`mask_var` must be boolean, one value for each of the {len(var)} genes, with at least one true value, "
            f"but has the type {mask.dtype}{missing} and {found}."
        )
        raise ValueError(msg)
    return mask


def _in_order_of(genes: pd.Index, mask: pd.Series) -> pd.Series:
    """The mask in the order of the genes, by its index; one without names is in their order."""
    if mask.index.equals(genes) or mask.index.equals(pd.RangeIndex(len(mask))):
        return mask
    if not (mask.index.is_unique and genes.isin(mask.index).all()):
        msg = (
            "`mask_var` is a Series whose index does not have each of the gene names once. If its values are in the "
            "order of the genes, pass `mask_var.to_numpy()`."
        )
        raise ValueError(msg)
    return mask.reindex(genes)


def data_var(adata: AnnData, *, use_raw: bool) -> pd.DataFrame:
    """``.var`` of the data or of ``.raw``, loaded into memory if it is lazy."""
    if not use_raw:
        return adata.var.to_memory() if hasattr(adata.var, "to_memory") else adata.var
    if adata.raw is None:
        msg = "`use_raw=True`, but `adata` has no `.raw`: set `use_raw=False`."
        raise ValueError(msg)
    return adata.raw.var
