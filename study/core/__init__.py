"""What everything else speaks of: spaces, objectives, records, settings, and errors in one line."""
