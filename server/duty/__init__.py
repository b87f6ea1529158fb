"""Who does what by when: dispatch, work orders, working hours, reviews and what time alone does."""
