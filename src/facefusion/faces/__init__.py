"""Find faces, measure them, follow them through a shot, and tell people apart."""
