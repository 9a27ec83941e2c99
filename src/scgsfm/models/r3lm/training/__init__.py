"""Training of R3LM in two stages, reasoning and regression."""
