"""Speech to text: audio files become transcripts, subtitles or English."""
