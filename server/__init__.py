"""Intake, association, cases, work orders, people, evidence and the console."""
