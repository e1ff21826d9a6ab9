"""Sign-in elsewhere: OAuth2 and OpenID Connect providers, by configuration."""
