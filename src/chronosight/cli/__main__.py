"""`python -m chronosight.cli`."""

from chronosight.cli.main import main

main()
