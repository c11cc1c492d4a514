"""The one exception that means: the user can mend this."""


class StudyError(Exception):
    """Bad input or a broken environment, told in one line that says what to do next.

    The command line prints the message without a traceback and exits with code 2.
    """
