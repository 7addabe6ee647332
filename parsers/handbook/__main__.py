"""Print the handbook."""

from parsers.handbook import page

print(page(), end="")
