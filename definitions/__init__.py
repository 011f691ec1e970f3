"""Data only: procedures, calendars, example organisations. No code."""
