"""`python -m forensics` is `forensics`."""

from forensics.cli import main

main(prog_name="forensics")
