"""Who is on duty where, and which hours are working hours. Pure."""
