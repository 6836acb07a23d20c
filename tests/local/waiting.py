"""A program that says who it is, and waits."""

import json
import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    own = {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "words": sys.argv[1:],
        "cwd": str(Path.cwd()),
    }
    sys.stdout.write(json.dumps(own | {"env": sorted(os.environ)}) + "\n")  # noqa: TID251 -- to be compared
    sys.stdout.flush()
    time.sleep(60)
