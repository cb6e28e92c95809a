"""The books looked at: what they should say, what they say, and what the state gets of it."""
