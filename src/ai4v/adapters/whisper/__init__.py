"""Whisper on ctranslate2, with our own features, decoding control and script guard."""
