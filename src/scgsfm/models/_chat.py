from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._extras import needs, offline_as_set
from ._serialization import check_language_model

if TYPE_CHECKING:
    import os
    from collections.abc import Callable


def chat(model: str | os.PathLike[str], *, max_tokens: int = 500) -> Callable[[str], str]:
    """Load a causal language model as a function from a prompt to a text, as ``rephrase`` of :func:`scgsfm.tl.explain`.

    It needs the extra ``llm``. Weights must be safetensors, no code of the model is run, and the most probable tokens are
    chosen, so that the text is the same each time.

    Parameters
    ----------
    model
        Directory of a model of ``transformers``, or its id on the Hugging Face hub, from which nothing is downloaded if
        ``settings.offline``. A leading ``"transformers:"`` is ignored.
    max_tokens
        Maximum number of tokens of an answer.

    Returns
    -------
    A function from a prompt to a text.
    """
    with needs("transformers", "A local language model"):
        from transformers import AutoModelForCausalLM, AutoTokenizer
    name = str(model).removeprefix("transformers:")
    check_language_model(name)
    with offline_as_set():
        tokenizer: Any = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        network: Any = AutoModelForCausalLM.from_pretrained(name, use_safetensors=True, trust_remote_code=False)
    write: dict[str, Any] = {
        "max_new_tokens": max_tokens,
        "do_sample": False,
        "pad_token_id": tokenizer.eos_token_id or 0,
    }

    def ask(prompt: str) -> str:
        if tokenizer.chat_template:
            turns = [{"role": "user", "content": prompt}]
            prompt = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        given = tokenizer(prompt, return_tensors="pt", add_special_tokens=not tokenizer.chat_template)
        tokens = network.generate(given["input_ids"], attention_mask=given["attention_mask"], **write)[0]
        return str(tokenizer.decode(tokens[given["input_ids"].shape[1] :], skip_special_tokens=True))

    return ask
