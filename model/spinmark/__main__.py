"""`python -m spinmark` is the command line."""

from spinmark.cli import main

main(prog_name="spinmark")
