"""The command line: commands, progress, and what the terminal prints."""
