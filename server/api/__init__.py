"""The HTTP interface: one module a resource, each with its request and response models."""
