"""Signs the list of bundled weights for a release: python tools/sign_weights.py [--new-key]

The key is `release` in your own key folder (FACEFUSION_HOME moves it) and is never part of the project. With --new-key
its public half replaces the one in the package: everybody who pinned the old one has to be told.
"""

from __future__ import annotations

import sys

from facefusion.provenance.keys import local_key
from facefusion.provenance.signed_weights import MANIFEST, RELEASE_KEY, release_key, signed_text


def main(arguments: list[str]) -> int:
    """Write the manifest, and the public key when a new one was asked for."""
    key = local_key("release")
    if "--new-key" in arguments:
        RELEASE_KEY.write_text(key.public.to_text() + "\n", encoding="utf-8")
    elif release_key() != key.public:
        print("this machine's release key is not the package's; use the maintainers' key, or say --new-key")
        return 1
    MANIFEST.write_text(signed_text(key), encoding="utf-8")
    print(f"{MANIFEST.name}: signed by {key.public.fingerprint[:16]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
