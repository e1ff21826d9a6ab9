"""OpenID Connect and GitHub's OAuth2: providers that users sign in with."""
