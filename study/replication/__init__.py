"""The tutorial's claims, measured again."""
