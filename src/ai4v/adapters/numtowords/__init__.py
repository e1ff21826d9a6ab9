"""Numbers as words in 23 languages, by indic-numtowords as far as it is right."""
