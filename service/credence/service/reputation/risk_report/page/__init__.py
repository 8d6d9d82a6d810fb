"""A report as one HTML file: nothing is loaded, nothing runs, nothing is computed. Start at :mod:`.whole`."""
