"""Every page looked at: pictures, accessibility, layout shift, what browsers complain of.

``pages`` lists the pages, ``worlds`` and ``furnishing`` make the companies they show,
``showroom`` runs the product on them, ``visiting`` opens a page as a person would.
"""
