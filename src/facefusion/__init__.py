"""FaceFusion puts one person's face on another person's performance, offline, with permission, and marked."""

__version__ = "0.1.0"
