"""Training of GSFM: the corpus of gene sets, the losses, validation, calibration."""
