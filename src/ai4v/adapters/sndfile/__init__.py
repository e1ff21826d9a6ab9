"""Sound files read by libsndfile and resampled by soxr, in a process of their own."""
