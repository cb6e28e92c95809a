"""How Django writes days by itself: on the admin site, mostly."""
