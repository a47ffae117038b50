"""The command line: each file parses the options of one command, calls the package and prints."""
