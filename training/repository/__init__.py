"""The signed repository from which vehicles take their models (The Update Framework, theupdateframework.io)."""
