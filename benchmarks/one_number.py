"""The command line program with one number in every watermark, so that runs at different times can be compared.

The number spells the request and the time of its first run; everything else is as ever.
"""

from __future__ import annotations

import sys

from facefusion.pipeline import marking

NUMBER = "00112233445566778899aabbccddeeff"

if __name__ == "__main__":
    marking._number_of = lambda plan, created: NUMBER
    from facefusion.cli.main import main

    sys.exit(main())
