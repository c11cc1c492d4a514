"""The exceptions that mean: the user can mend this."""


class StudyError(Exception):
    """Bad input or a broken environment, told in one line that says what to do next.

    The command line prints the message without a traceback and exits with code 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(plain(message))


class ClusterError(StudyError):
    """A Dask cluster cannot be worked on, or no longer. What was finished is kept."""


def plain(text: str) -> str:
    """Text as one line that a terminal, a page and a plot show and do not obey.

    White space becomes single blanks, and every other sign that is not printable, such as an
    escape, a mark that turns the direction of writing or half a surrogate pair, becomes \ufffd.
    """
    flat = " ".join(text.split())
    return flat if flat.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in flat)
