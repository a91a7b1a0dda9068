(() => {
  "use strict";
  const table = document.querySelector(".trackers");
  const trackers = [...table.querySelectorAll(".tracker")];
  const headings = [...table.tHead.rows[0].cells];
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const shows = [...document.querySelectorAll("[data-show]")];
  const texts = new Map(trackers.map((tracker) => [tracker, tracker.rows[0].textContent.toLowerCase()]));
  let outcome = "";

  document.documentElement.classList.add("js");

  // A picture is in the document only while it is open: a page of a thousand trackers is sorted at once.
  const details = new Map(trackers.map((tracker) => [tracker, tracker.rows[1]]));
  details.forEach((detail) => detail.remove());
  const open = (tracker, wanted) => {
    if (wanted) tracker.append(details.get(tracker));
    else details.get(tracker).remove();
    tracker.querySelector(".opener").setAttribute("aria-expanded", wanted);
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    let count = 0;
    for (const tracker of trackers) {
      const wanted = (!outcome || tracker.dataset.outcome === outcome) && words.every((word) => texts.get(tracker).includes(word));
      tracker.hidden = !wanted;
      count += wanted;
    }
    found.value = count === trackers.length ? "" : `${count} of ${trackers.length}`;
  };

  const valueOf = (tracker, column, kind) => {
    const cell = tracker.rows[0].cells[column];
    return kind === "number" ? Number(cell.dataset.value) : cell.textContent.trim();
  };

  const sort = (heading) => {
    const column = headings.indexOf(heading);
    const kind = heading.dataset.kind;
    const down = heading.getAttribute("aria-sort") === "ascending";
    const order = new Intl.Collator("en", { numeric: true }).compare;
    const values = new Map(trackers.map((tracker) => [tracker, valueOf(tracker, column, kind)]));
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sorted = [...trackers].sort((a, b) => {
      const [x, y] = [values.get(a), values.get(b)];
      return (kind === "number" ? x - y : order(x, y)) * (down ? -1 : 1);
    });
    table.append(...sorted);
  };

  headings.forEach((heading) => heading.addEventListener("click", () => sort(heading)));
  search.addEventListener("input", filter);
  shows.forEach((button) => button.addEventListener("click", () => {
    outcome = button.dataset.show;
    shows.forEach((other) => other.setAttribute("aria-pressed", other === button));
    filter();
  }));
  trackers.forEach((tracker) => tracker.rows[0].addEventListener("click", (event) => {
    if (!event.target.closest("code") && getSelection().isCollapsed) {
      open(tracker, tracker.rows.length === 1);
    }
  }));
  // A page of a few is for reading, and for printing as it is.
  if (trackers.length <= 3) trackers.forEach((tracker) => open(tracker, true));
})();
