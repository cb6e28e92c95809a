"""Many people crediting the same invoices while things break: see ``bench/storm.py``."""
