"""Text to speech: texts become sound, cut at sentences, spoken and joined."""
