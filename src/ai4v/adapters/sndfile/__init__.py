"""Sound files read and written by libsndfile and resampled by soxr, in a process of their own."""
