"""Two models side by side on the same pictures, in the same run."""
