"""Training of the network that finds what is in front of a face. See README.md."""
