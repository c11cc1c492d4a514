"""The exceptions that mean: the user can mend this."""


class StudyError(Exception):
    """Bad input or a broken environment, told in one line that says what to do next.

    The command line prints the message without a traceback and exits with code 2.
    """


class ClusterError(StudyError):
    """A Dask cluster cannot be worked on, or no longer. What was finished is kept."""
