"""The books, for finance: ledger, periods, tax returns and write-offs."""
