"""The outbox's way to the server: what is sent next, over which link, and what each answer means."""
