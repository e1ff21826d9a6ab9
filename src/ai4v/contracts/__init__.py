"""What the services say to each other: frozen values that know no framework and no vendor."""
