"""The issued document: its snapshot and its renderings."""
