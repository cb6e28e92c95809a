"""Files of tax cases: read, run through the product's own rules, and compared.

A row is an invoice or a credit: province, date, lines with the taxes that each does not
bear, the rounding, and what each tax and the total must come to. Rows of one ``group``
are one invoice and its successive credits, in their order.
"""

from creditnotes.taxcases.reading import Case, Line, Unusable, read
from creditnotes.taxcases.running import Result, run

__all__ = ["Case", "Line", "Result", "Unusable", "read", "run"]
