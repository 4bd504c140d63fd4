"""The command line: `voltway COMMAND`. A command's code is imported when it is called, so that each starts quickly."""

from voltway.app.cli.commands import main as main
