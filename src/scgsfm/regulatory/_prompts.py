"""The instructions that language models read with a card: those of this package, and those of the published weights."""

from __future__ import annotations

INSTRUCTION = (
    "You are an expert of regulatory genomics. From the card of a DNA sequence, reason step by step which of its motifs "
    "and features raise or lower its regulatory activity in the given cell type, and conclude a level from 0 to 3."
)
"""Of models that this package trains."""

# The following texts are part of the input format of the published weights (github.com/DuanYi516/R3LM at 8467438,
# r3lm/build_rcc.py and r3lm/train_stage2.py, Apache-2.0): other words would be other inputs.
ALPACA_INSTRUCTION = "Analyze the regulatory context and predict enhancer activity."
_EXPERT = (
    "You are a computational regulatory genomics expert specializing in {cell_type} cell line biology. Your task is to "
    "analyze the provided DNA sequence features{more} to predict the gene expression level (0-3).\nProvide a step-by-step "
    "reasoning chain explaining the biological mechanism."
)


def writer_prompt(cell_type: str) -> str:
    """The system message of the published models of stage 1, which write reasoning."""
    return _EXPERT.format(cell_type=cell_type, more=" and transcription factor (TF) motifs")


def reader_prompt(cell_type: str) -> str:
    """The text before the card in the published stage 2, which predicts activity."""
    return _EXPERT.format(cell_type=cell_type, more="") + "\n\n"
