"""The command line. Only this room prints, reads the environment, and turns errors into exit codes."""
