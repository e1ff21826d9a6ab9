"""Files from other people's servers, fetched so that nobody reaches into ours through it."""
