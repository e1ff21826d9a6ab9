"""The command line: the supervisor, the operator's commands and the client's commands."""
