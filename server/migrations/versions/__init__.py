"""One step a module, in the order their down_revision says."""
