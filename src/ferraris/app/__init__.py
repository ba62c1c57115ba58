"""The doors: command line, live meter, reports."""
