"""Keying off a green or blue screen, without weights: plate, foreground colours, opacity, the screen's light."""
