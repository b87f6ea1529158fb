"""The worker on a vehicle: sources, telemetry, outbox, upload and health."""
