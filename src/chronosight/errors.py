"""The one exception a user can cause. The command line prints its message as one line and exits with code 2."""


class InputError(ValueError):
    """The input cannot be used. The message is one line: what was found, what was expected, what to do."""
