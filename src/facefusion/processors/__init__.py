"""One effect a folder, named as users name them. Processors know nothing of one another, of blending or of files."""
