"""Cases as a fold over a journal of inputs, made again and compared."""
