// The changed objects: filters, and a table that selects on the map and back.

import { byId, hide, make, say, show } from "./dom.js";
import { colourOf } from "./view.js";
import { areaWords, changeWords, confidencePercent, confidenceWords, count, percent } from "./words.js";

const ROWS = 200; // drawn at a time: a whole scene can have many thousands of objects
const COLUMNS = [
  { key: "number", title: "No.", numeric: true },
  { key: "kind", title: "Change" },
  { key: "area", title: "Area", numeric: true },
  { key: "confidence", title: "Confidence", numeric: true },
  { key: "cell", title: "Place" },
];

export class ObjectTable {
  /**
   * @param {(number: number | null) => void} onPick a row was chosen
   * @param {(objects: object[]) => void} onFilter other objects are left by the filters
   */
  constructor(onPick, onFilter) {
    this.onPick = onPick;
    this.onFilter = onFilter;
    this.sort = { key: "number", down: false };
    this.heads = new Map(COLUMNS.map((column) => [column.key, this.#head(column)]));
    byId("table-head").append(...this.heads.values());
    byId("filters").addEventListener("input", () => this.#filter());
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", () => setTimeout(() => this.#filter()));
    byId("more-rows").addEventListener("click", () => this.#addRows());
    byId("table-body").addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row) this.onPick(Number(row.dataset.number));
    });
    byId("table-body").addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Shows the objects of a result. */
  open(objects) {
    this.objects = objects.map((object) => ({ kind: changeWords(object.className, object.direction), ...object }));
    this.selected = null;
    this.sort = { key: "number", down: false };
    byId("filters").reset();
    const classes = [...new Set(objects.map((object) => object.className))].sort();
    byId("filter-class").replaceChildren(new Option("All", ""), ...classes.map((name) => new Option(`${name[0].toUpperCase()}${name.slice(1)}s`, name)));
    byId("area-unit").textContent = objects[0]?.unit === "px" ? "px" : "m²";
    byId("filters").hidden = !objects.length;
    show("objects");
    this.#filter();
  }

  close() {
    this.objects = this.shown = [];
    hide("objects");
  }

  find(number) {
    return this.objects.find((object) => object.number === number) ?? null;
  }

  /** Marks a row, drawing further rows where it stands beyond them. */
  select(number, scroll) {
    this.selected = number;
    const at = this.shown.findIndex((object) => object.number === number);
    while (at >= this.drawn) this.#addRows();
    for (const row of byId("table-body").rows) {
      const on = Number(row.dataset.number) === number;
      row.classList.toggle("on", on);
      row.querySelector("button").setAttribute("aria-pressed", String(on));
      if (on && scroll) row.scrollIntoView({ block: "nearest" });
    }
  }

  #filter() {
    const name = byId("filter-class").value;
    const direction = byId("filter-direction").value;
    const area = Number(byId("filter-area").value) || 0;
    const confidence = Number(byId("filter-confidence").value) / 100;
    byId("filter-confidence-text").textContent = percent(confidence);
    this.shown = this.objects.filter((object) =>
      (!name || object.className === name) && (!direction || object.directions.includes(direction)) &&
      object.area >= area && object.confidence >= confidence);
    const all = this.objects.length;
    byId("objects-count").textContent = this.shown.length === all ? count(all, "object") : `${this.shown.length} of ${count(all, "object")}`;
    say("objects-empty", all ? (this.shown.length ? "" : "No object passes these filters.") : "No changed objects were found.");
    this.#order();
    this.onFilter(this.shown);
  }

  #order() {
    const { key, down } = this.sort;
    const compare = (a, b) => (typeof a[key] === "string" ? a[key].localeCompare(b[key]) : a[key] - b[key]) || a.number - b.number;
    this.shown = this.shown.toSorted((a, b) => (down ? compare(b, a) : compare(a, b)));
    for (const [name, head] of this.heads) {
      if (name === key) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    this.drawn = 0;
    byId("table-body").replaceChildren();
    this.#addRows();
    this.select(this.selected, false);
  }

  #addRows() {
    const rows = this.shown.slice(this.drawn, this.drawn + ROWS);
    byId("table-body").append(...rows.map((object) => this.#row(object)));
    this.drawn += ROWS;
    const left = this.shown.length - this.drawn;
    byId("more-rows").hidden = left <= 0;
    byId("more-rows").textContent = `Show ${Math.min(left, ROWS)} more`;
    document.querySelector(".table-scroll table").hidden = !this.shown.length;
  }

  #row(object) {
    const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = colourOf(object.className, object.direction);
    const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
    bar.firstChild.style.width = percent(object.confidence).replace(" ", "");
    const button = make("button", { type: "button", "aria-pressed": "false", "aria-label": `${object.number}: show on the map` }, String(object.number));
    const probable = make("td", { class: object.confidence < 0.5 ? "number unsure" : "number", title: confidenceWords(object.confidence) }, bar, confidencePercent(object.confidence));
    if (object.confidence < 0.5) probable.append(make("span", { class: "unseen" }, ", not confident"));
    return make("tr", { "data-number": object.number },
      make("td", { class: "number" }, button), make("td", { class: "what" }, swatch, object.kind),
      make("td", { class: "number" }, areaWords(object.area, object.unit)), probable, make("td", {}, object.cell));
  }

  #head(column) {
    const sortBy = () => {
      const { key, down } = this.sort;
      this.sort = { key: column.key, down: key === column.key ? !down : column.key === "area" || column.key === "confidence" };
      this.#order();
    };
    return make("th", { scope: "col", class: column.numeric ? "number" : null }, make("button", { type: "button", onclick: sortBy }, column.title));
  }

  /** Up and down go from object to object. */
  #onKey(event) {
    const row = event.target.closest("tr");
    const next = event.key === "ArrowDown" ? row?.nextElementSibling : event.key === "ArrowUp" ? row?.previousElementSibling : null;
    if (!next) return;
    event.preventDefault();
    next.querySelector("button").focus();
    this.onPick(Number(next.dataset.number));
  }
}
