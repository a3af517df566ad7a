for (const table of document.querySelectorAll("table[data-filter]")) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 8) continue;
  const box = document.createElement("div"), label = document.createElement("label"), input = document.createElement("input"), said = document.createElement("span");
  box.className = "search";
  input.type = "search"; input.id = "filter-" + table.dataset.filter;
  label.htmlFor = input.id; label.textContent = "Show rows with";
  said.className = "quiet"; said.setAttribute("role", "status");
  box.append(label, input, said);
  table.parentElement.before(box);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    said.textContent = words.length ? shown + " of " + rows.length + " rows" : "";
  });
}
