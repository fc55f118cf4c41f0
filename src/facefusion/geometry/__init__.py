"""Boxes, templates, transforms, the face mesh, warps and colour: pure functions on arrays."""
