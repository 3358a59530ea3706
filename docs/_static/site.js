// What the theme leaves out for readers who use a keyboard or a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("p.caption[role=heading]").forEach((caption) => {
    caption.setAttribute("aria-level", "2");
  });
});
window.addEventListener("load", () => {
  document.querySelectorAll("pre, div.cell_output, .table-wrapper").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
    }
  });
});
