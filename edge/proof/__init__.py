"""What the device's key and the enforcement's key protect: the chain of seals, and sealed plates."""
