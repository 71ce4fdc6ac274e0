"""The names of the bundles. The rest of this package is loaded when the page is first opened."""

SCRIPT, STYLES, SOURCE_MAP = "bundle.js", "bundle.css", "bundle.js.map"
NAMES = (SCRIPT, STYLES, SOURCE_MAP)
