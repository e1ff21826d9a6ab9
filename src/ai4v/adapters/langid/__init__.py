"""The language of a text: by its script, then by words, endings and letter statistics."""
