"""Who may do what: people, devices, the enforcement, and what their keys prove."""
