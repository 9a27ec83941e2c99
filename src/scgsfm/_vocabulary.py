"""Special tokens at the start of the vocabulary of each gene-set model."""

SPECIALS = ("<unk>", "<pad>")
"""Unknown gene and padding."""

N_SPECIALS = len(SPECIALS)
UNK, PAD = range(N_SPECIALS)
