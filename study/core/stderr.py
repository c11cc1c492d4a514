"""What libraries write to file descriptor 2 behind Python's back."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

CHATTER = re.compile(
    rb"(WARNING: All log messages before absl::InitializeLog|[IWE]\d{4} \d\d:\d\d:\d\d"
    rb"|To enable the following instructions:|\d{4}-\d\d-\d\d .*tensorflow/)"
)
"""How lines begin that TensorFlow and absl write when they start."""


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what is written, and pass on all but TensorFlow's start-up messages at the end."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as buffer:
        os.dup2(buffer.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            buffer.seek(0)
            lines = [line for line in buffer if not CHATTER.match(line)]
            os.write(2, b"".join(lines))
