from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scgsfm.settings import settings

from ._extras import needs

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

PREFIX = "transformers:"


def chat(model: str | os.PathLike[str], *, max_tokens: int = 500) -> Callable[[str], str]:
    """Load a causal language model as a function from a prompt to a text, as ``rephrase`` of :func:`scgsfm.tl.explain`.

    It needs the extra ``llm``. Weights must be safetensors, and code in the model's directory is not run. The most
    probable tokens are chosen, so that the text is the same each time.

    Parameters
    ----------
    model
        Directory that ``save_pretrained`` of ``transformers`` wrote, or a hub id, with or without ``"transformers:"`` before
        it. With ``settings.offline``, nothing is downloaded.
    max_tokens
        Maximum number of tokens of an answer.

    Examples
    --------
    >>> import scgsfm
    >>> ask = scgsfm.models.chat("folder")  # doctest: +SKIP
    >>> scgsfm.tl.explain(["ISG15", "IFIT1", "MX1"], rephrase=ask)  # doctest: +SKIP
    """
    with needs("transformers"):
        from transformers import AutoModelForCausalLM, AutoTokenizer
    name = str(model).removeprefix(PREFIX)
    options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": settings.offline}
    tokenizer = AutoTokenizer.from_pretrained(name, **options)
    network = AutoModelForCausalLM.from_pretrained(name, use_safetensors=True, **options).eval()

    def ask(prompt: str) -> str:
        if tokenizer.chat_template:
            turns = [{"role": "user", "content": prompt}]
            prompt = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        given = tokenizer(prompt, return_tensors="pt", add_special_tokens=not tokenizer.chat_template)
        tokens, mask = given["input_ids"], given.get("attention_mask")
        end = tokenizer.eos_token_id
        written = network.generate(
            tokens, attention_mask=mask, max_new_tokens=max_tokens, do_sample=False, pad_token_id=end or 0
        )
        return str(tokenizer.decode(written[0, tokens.shape[1] :], skip_special_tokens=True))

    return ask
