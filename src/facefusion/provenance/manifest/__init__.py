"""Signed manifests (C2PA): what was done to which files, with what, signed. `c2pa` is loaded only when it is used."""
