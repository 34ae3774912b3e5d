"use strict";
// Sorts a table by a click on the head of a column, and hides the rows that do not hold what is typed. Without it the page is whole.
(() => {
  const few = 8;

  const number = (text) => {
    const digits = text.replace(/[,\s%]/g, "").match(/^[<>]?(\d+(?:\.\d+)?)/);
    if (!digits) return NaN;
    const value = parseFloat(digits[1]);
    return text.startsWith("<") ? value - 1e-6 : text.startsWith(">") ? value + 1e-6 : value;
  };

  const compare = (numbers, sign) => (a, b) => {
    if (!numbers) return sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) || a.place - b.place;
    const none = Number.isNaN(a.key) - Number.isNaN(b.key); // cells without a number stay last
    return none || sign * (a.key - b.key) || a.place - b.place;
  };

  const sort = (table, head, column) => {
    const numbers = head.classList.contains("n");
    const ascending = head.ariaSort ? head.ariaSort === "descending" : !numbers && !head.classList.contains("d");
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row, place) => {
      const text = row.cells[column].textContent;
      return {row, place, key: numbers ? number(text) : text.toLowerCase()};
    });
    rows.sort(compare(numbers, ascending ? 1 : -1));
    body.append(...rows.map((r) => r.row));
  };

  const makeSortable = (table) => {
    Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(table, head, column));
      head.replaceChildren(button);
    });
  };

  const makeFilter = (table) => {
    const rows = Array.from(table.tBodies[0].rows);
    const box = document.createElement("label");
    const input = document.createElement("input");
    const said = document.createElement("output");
    box.className = "filter";
    input.type = "search";
    input.setAttribute("aria-label", "Filter rows of: " + table.caption.textContent);
    box.append("Filter", input, said);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        if (!row.hidden) shown++;
      }
      said.textContent = wanted ? shown + " of " + rows.length + " rows" : "";
    });
    table.parentNode.before(box);
  };

  for (const table of document.querySelectorAll("table")) {
    const rows = table.tBodies[0].rows.length;
    if (rows > 1) makeSortable(table);
    if (rows > few) makeFilter(table);
  }
})();
