"""`python -m facefusion`: the same as the command `facefusion`."""

from facefusion.cli.main import script

script()
