"""The tokens that begin the vocabulary of every gene-set model."""

SPECIALS = ("<unk>", "<pad>")
"""An unknown gene, and padding."""

N_SPECIALS = len(SPECIALS)
UNK, PAD = range(N_SPECIALS)
