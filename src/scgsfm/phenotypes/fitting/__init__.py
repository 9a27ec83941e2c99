"""Fits the predictor of phenotypes and the weights of gene prioritization."""
