"""Config fields: the values that a model's configuration may have, so that errors name the field and not a place in a library."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

LARGEST: Final = 2**24
"""Largest size of a layer, a vocabulary or a context; the largest published ones have about 2²⁰."""
DTYPES: Final = ("auto", "float32", "float16", "bfloat16", "float64")
"""Types of the weights that a configuration may name."""


class Field(NamedTuple):
    """Values that a field may have, in words and as a function."""

    allowed: str
    accepts: Callable[[Any], bool]


def whole(least: int = 1, most: int = LARGEST) -> Field:
    """A whole number."""
    return Field(
        f"a whole number from {least:,} to {most:,}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most,
    )


def number(least: float = 0.0, below: float = math.inf, *, positive: bool = False) -> Field:
    """A finite number."""
    above = f" above {least:g}" if positive else f" of at least {least:g}" if least > -math.inf else ""
    return Field(
        f"a number{above}" + (f" and below {below:g}" if below < math.inf else ""),
        lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and (value > least if positive else value >= least)
            and value < below
        ),
    )


def one_of(choices: Collection[Any]) -> Field:
    """One of some values."""
    return Field(
        f"one of {', '.join(repr(choice) for choice in choices)}",
        lambda value: any(type(value) is type(choice) and value == choice for choice in choices),
    )


def several(field: Field) -> Field:
    """A list of values."""
    return Field(
        f"a list, each {field.allowed}",
        lambda value: isinstance(value, list | tuple) and 0 < len(value) <= LARGEST and all(map(field.accepts, value)),
    )


def or_null(field: Field) -> Field:
    """A value, or null."""
    return Field(f"{field.allowed}, or null", lambda value: value is None or field.accepts(value))


FLAG: Final = Field("true or false", lambda value: isinstance(value, bool))
TEXT: Final = Field("a text", lambda value: isinstance(value, str))
OBJECT: Final = Field("an object", lambda value: isinstance(value, dict))
POSITIVE: Final = number(positive=True)
SIZE: Final = whole()

ACTIVATION_FIELDS: Final = ("hidden_act", "hidden_activation", "activation_function")

GSFM: Final = {
    **dict.fromkeys(("vocab_size", "d_model", "latent_dim"), SIZE),
    **dict.fromkeys(("neighbours", "recall", "width"), whole(0)),
    **dict.fromkeys(("neighbour_weight", "neighbour_coherence", "recall_weight"), number()),
    "depth": whole(1, 64),
    "blocks": whole(0, 1024),
    "dropout": number(0, 1),
    "neighbour_floor": POSITIVE,
    "input_norm": one_of(("none", "l2")),
}
DECODER: Final = {
    **dict.fromkeys(("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"), SIZE),
    **dict.fromkeys(("num_key_value_heads", "head_dim"), SIZE),
    **dict.fromkeys(("rope_theta", "rms_norm_eps"), POSITIVE),
}
ACTIVITY: Final = {
    **dict.fromkeys(("n_outputs", "n_features", "length", "stem", "stem_kernel", "pool", "hidden"), SIZE),
    **dict.fromkeys(("widths", "kernels", "card_hidden"), several(SIZE)),
    **dict.fromkeys(("channel_dropout", "dropout"), number(0, 1)),
    "networks": SIZE,
    "repeats": several(whole(0)),
}
R3LM: Final = {
    "vocab_size": SIZE,
    "motifs": TEXT,
    **dict.fromkeys(("cell_types", "scored"), several(TEXT)),
    **dict.fromkeys(("units", "levels"), several(several(number(-math.inf)))),
    **dict.fromkeys(("activity", "decoder"), OBJECT),
}
ABOUT: Final = {
    "cell_types": Field("a list of texts", lambda value: isinstance(value, list) and all(map(TEXT.accepts, value))),
    "units": or_null(several(several(number(-math.inf)))),
    "config": OBJECT,
    "base": or_null(TEXT),
}
STAGE: Final = {
    "mode": one_of(("generated", "gold", "card")),
    "style": one_of(("scgsfm", "r3lm")),
    **dict.fromkeys(("max_length", "max_new"), SIZE),
}
COEFFICIENT: Final = number(-1e6, 1e6)
"""Of a calibration; those of trained models are below 10."""
CALIBRATION: Final = dict.fromkeys(("slope", "intercept"), COEFFICIENT)
BY_SIZE: Final = dict.fromkeys(("slope", "log_size", "slope_log_size", "entropy", "intercept"), COEFFICIENT)
LLAMA: Final = {
    **{key: field for key, field in DECODER.items() if key != "head_dim"},
    **dict.fromkeys(("vocab_size", "max_position_embeddings"), SIZE),
    **dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"), or_null(whole(0))),
    "tie_word_embeddings": FLAG,
}
GPGPT: Final = {
    "vocab_size": SIZE,
    "merges": Field(
        "pairs of tokens, one a line",
        lambda value: isinstance(value, str) and all(line.count(" ") == 1 for line in value.split("\n") if line),
    ),
    "llama": OBJECT,
}
SIZES: Final = Field(
    f"{SIZE.allowed}, or a list of them", lambda value: SIZE.accepts(value) or several(SIZE).accepts(value)
)
ROPE: Final = dict.fromkeys(("rope_theta", "factor"), or_null(POSITIVE))
"""Of the object ``rope_parameters`` or ``rope_scaling``."""
ROPE_TYPES: Final = ("default", "mrope", "su")
"""Types in published configurations that transformers has under other names: those of Qwen2-VL and of the first Phi-3."""
TRANSFORMERS: Final = {
    **{key: or_null(field) for key, field in DECODER.items()},
    # of each layer
    **dict.fromkeys(("intermediate_size", "num_attention_heads", "num_key_value_heads"), or_null(SIZES)),
    "vocab_size": SIZE,
    "max_position_embeddings": or_null(SIZE),
    **dict.fromkeys(("layer_norm_eps", "layer_norm_epsilon"), POSITIVE),
    **dict.fromkeys(("attention_bias", "mlp_bias", "tie_word_embeddings"), FLAG),
    **dict.fromkeys(("torch_dtype", "dtype"), or_null(one_of(DTYPES))),
    **dict.fromkeys(("rope_parameters", "rope_scaling"), or_null(OBJECT)),
}
"""Fields of causal language models of transformers, which have many others."""


def check_fields(
    config: Mapping[str, Any], fields: Mapping[str, Field], *, within: str = "", only_these: bool = False
) -> None:
    """Raise ValueError for the first field that has another value than it may have, or that is not known.

    Parameters
    ----------
    config
        The configuration. Fields that it lacks are not asked for.
    fields
        The fields by name.
    within
        Name of the object that the fields are in, for the message.
    only_these
        Whether other fields are refused.
    """
    place = f"{within}." if within else ""
    for key, value in config.items():
        if key in fields and not fields[key].accepts(value):
            msg = f"{place}{key} is {_short(value)}, but must be {fields[key].allowed}"
            raise ValueError(msg)
        if only_these and key not in fields:
            msg = f"{place}{key} is not known here; the fields are {', '.join(fields)}"
            raise ValueError(msg)


def check_card(card: Mapping[str, Any]) -> None:
    """Raise ValueError if the calibration in a model card can't be used; other entries are for readers."""
    check_fields(card, {"calibration": or_null(OBJECT)})
    fitted = card.get("calibration")
    if not fitted:
        return
    check_fields(fitted, {"by_size": OBJECT}, within="calibration")
    parts = {"calibration": (fitted, CALIBRATION)}
    if "by_size" in fitted:
        parts["calibration.by_size"] = (fitted["by_size"], BY_SIZE)
    for within, (numbers, fields) in parts.items():
        if missing := fields.keys() - numbers.keys():
            msg = f"{within} lacks {', '.join(sorted(missing))}"
            raise ValueError(msg)
        check_fields(numbers, fields, within=within)


@contextmanager
def of_file(path: Path) -> Iterator[None]:
    """Turn a ValueError of a check into a ModelFormatError that names the file."""
    try:
        yield
    except ModelFormatError:
        raise
    except ValueError as error:
        msg = f"{path}: {error}."
        raise ModelFormatError(msg) from error


def check_r3lm(config: Mapping[str, Any]) -> None:
    """Check the configuration of an R3LM model."""
    check_fields({key: config[key] for key in R3LM}, R3LM)
    for part, fields in (("activity", ACTIVITY), ("decoder", DECODER)):
        check_fields(config[part], fields, within=part, only_these=True)
    n_outputs = config["activity"].get("n_outputs")
    for key in ("cell_types", "units", "levels"):
        if len(config[key]) != n_outputs:
            msg = f"{key} has {len(config[key])} entries, but activity.n_outputs is {n_outputs}"
            raise ValueError(msg)


def check_about(about: Mapping[str, Any], path: Path, *, known: Collection[str]) -> None:
    """Raise ModelFormatError if ``r3lm.json`` says of a language model what can't be used.

    Parameters
    ----------
    about, path
        The content and the file.
    known
        Fields of ``config``.
    """
    with of_file(path):
        check_fields(about, ABOUT)
        others = dict.fromkeys(known, Field("", lambda _: True))
        check_fields(about.get("config", {}), others | STAGE, within="config", only_these=True)
        cells, units = about.get("cell_types", []), about.get("units")
        if units is not None and (
            len(units) != len(cells) or any(len(pair) != 2 or max(map(abs, pair)) > 1e6 for pair in units)
        ):
            msg = f"units must be a mean and a deviation, at most a million, for each of the {len(cells)} cell_types"
            raise ValueError(msg)


def check_gpgpt(config: Mapping[str, Any]) -> None:
    """Check the configuration of a GP-GPT model in the format of this package."""
    check_fields(config, GPGPT)
    check_fields(config["llama"], LLAMA, within="llama", only_these=True)


def check_transformers(
    config: Mapping[str, Any], folder: Path, activations: Collection[str], rope_types: Collection[str]
) -> None:
    """Check the configuration of a causal language model of transformers against what the library knows and the tensors."""
    kinds = one_of(sorted({*rope_types, *ROPE_TYPES}))
    known = one_of(sorted(activations))
    functions = dict.fromkeys(ACTIVATION_FIELDS, known) | {"hidden_activation": or_null(known)}  # null in Gemma
    check_fields(config, TRANSFORMERS | functions)
    for key in ("rope_parameters", "rope_scaling"):
        given = config.get(key) or {}
        for part in (given, *(value for value in given.values() if isinstance(value, dict))):  # of each kind of layers
            check_fields(part, ROPE | dict.fromkeys(("rope_type", "type"), kinds), within=key)
    n_tensors = sum(_n_tensors(file) for file in folder.glob("*.safetensors"))
    if n_tensors and (config.get("num_hidden_layers") or 0) > n_tensors:
        msg = f"num_hidden_layers is {config['num_hidden_layers']:,}, but the weights have {n_tensors:,} tensors"
        raise ValueError(msg)


def _n_tensors(file: Path) -> int:
    import safetensors

    try:
        with safetensors.safe_open(file, "np") as opened:
            return len(opened.keys())
    except safetensors.SafetensorError as error:
        msg = f"{file.name} is truncated or not a safetensors file ({error})"
        raise ValueError(msg) from error


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # of Python, for integers of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}…"
