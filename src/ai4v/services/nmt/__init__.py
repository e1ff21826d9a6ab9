"""Text translation: texts in one language become texts in another, their numbers kept."""
