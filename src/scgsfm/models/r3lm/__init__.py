"""R3LM: activity of regulatory DNA, predicted and explained."""
