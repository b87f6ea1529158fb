"""A challenger becomes the champion only through gates."""
