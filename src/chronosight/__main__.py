"""`python -m chronosight`: the command line."""

from chronosight.cli.main import main

if __name__ == "__main__":
    main()
