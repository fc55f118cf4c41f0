"""All benchmarks, one after the other.

python -m benchmarks [--full] [NAME …]

Without --full the memory run uses a clip of one minute instead of ten. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.record import ROOT

NAMES = (
    "startup",
    "first_screen",
    "identity",
    "anonymity",
    "occlusion",
    "pose",
    "steadiness",
    "temporal",
    "cost",
    "analysis_size",
    "stages",
    "workers",
    "cached",
    "kill",
    "watermark",
    "restoring",
    "keying",
    "matting",
    "cutting",
    "edges",
    "enhancing",
    "enhancing_cost",
    "zoo_cost",
    "service_load",
    "alpha_forms",
    "memory",
)
SHORT = {"memory": ("--minutes", "1"), "kill": ("--kills", "5"), "stages": ("--sizes", "360p", "720p")}


def main() -> int:
    """Each in a process of its own, so that none warms or burdens the next."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which; default: {', '.join(NAMES)}")
    parser.add_argument("--full", action="store_true", help="the long runs as well")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.names) - set(NAMES))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; supported are {', '.join(NAMES)}")
    failed = []
    for name in chosen.names or NAMES:
        print(f"== {name}", flush=True)
        extra = () if chosen.full else SHORT.get(name, ())
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *extra], cwd=ROOT, check=False).returncode:
            failed.append(name)
        print(flush=True)
    print(f"missed or failed: {', '.join(failed)}" if failed else "all bars met")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
