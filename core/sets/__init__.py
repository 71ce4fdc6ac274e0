"""Sets: a table of rows and a template, from which a coherent series of images is drawn."""
