// Runs before the page is drawn, so that a chosen theme never flashes the other one.
try {
  document.documentElement.dataset.theme = localStorage.getItem("qpyt.theme") || "system";
} catch {
  document.documentElement.dataset.theme = "system";
}
