"""Tasks in a row: speech to text, translation, text to speech, in one call."""
