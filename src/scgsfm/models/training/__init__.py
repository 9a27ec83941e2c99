"""Training code shared by all models: the loop, the modules for Lightning, the learning rate, the settings."""
