// Runs before the first paint, so that the other theme never flashes.
try {
  document.documentElement.dataset.theme = localStorage.getItem("qpyt.theme") || "system";
} catch {
  document.documentElement.dataset.theme = "system";
}
