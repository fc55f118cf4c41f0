"""The content check: frames that show nudity are found before anything is drawn, and the refusal explains itself."""
