"""The detectors: cards, weights, inference sessions and the store that verifies them."""
