// What a finished job found, in words and tables: of two dates, of a series of dates, and by zone.

import { downloadUrl } from "./api.js";
import { icon, make } from "./dom.js";
import { answerWords, areaWords, changeWords, confidenceWords, count } from "./words.js";

const DIRECTIONS = ["appeared", "vanished"];
const COVER = "Land cover: "; // how lines about it begin in the summary of description.json

/** Two dates: the verdict, the caption, a tile for each class and direction, land cover, answers, zones. */
export function pairSummary(result) {
  const { changed, caption, classes } = result;
  const doubtful = changed.confident ? "" : " doubtful";
  const verdict = make("div", { class: `verdict${doubtful}` },
    make("p", { class: "verdict-text" }, changed.value ? "Changed" : "No change found"),
    make("p", { class: "confidence" }, changed.confident ? null : icon("alert"), confidenceWords(changed.confidence, changed.confident)));
  const tiles = [];
  for (const item of classes) {
    for (const [direction, word] of [["appeared", "New"], ["vanished", "Gone"]]) {
      if (!item[direction] && (direction === "vanished" || item.vanished)) continue;
      const only = item.appeared + item.vanished === item[direction];
      const [least, most] = only ? (item.interval ?? []) : [];
      tiles.push(make("li", {}, make("span", { class: "tile-number" }, String(item[direction])), make("span", {}, `${word} ${item.name}`),
        make("span", { class: "soft" }, least !== most ? `about ${least} to ${most}` : "")));
    }
  }
  const text = make("p", { class: caption.confident ? "caption" : "caption doubtful" }, sentence(caption.text));
  const unsure = caption.confident ? null : make("p", { class: "confidence" }, icon("alert"), `Caption: ${confidenceWords(caption.confidence, false).toLowerCase()}`);
  const parts = [verdict, text, unsure, make("ul", { class: "tiles", "aria-label": "Counts" }, tiles)];
  return [...parts, ...landCover(result.summary), ...zoneTable(result.zones), answers(result.answers)].filter(Boolean);
}

/** What the ground became, in the sentences of the summary; nothing where it is not mapped. */
function landCover(summary) {
  const lines = summary.filter((line) => line.startsWith(COVER)).map((line) => line.slice(COVER.length));
  if (!lines.length) return [];
  return [make("h3", {}, "Land cover"), make("ul", { class: "steps", "aria-label": "Land cover" }, lines.map((line) => make("li", {}, line)))];
}

/** A series of dates: what changed from date to date, counts by date, the plot, answers, the report. */
export function seriesSummary(result, job) {
  const dates = result.dates.map((item) => item.date);
  const verdict = make("div", { class: result.doubts.length ? "verdict doubtful" : "verdict" },
    make("p", { class: "verdict-text" }, `${count(result.objects.length, "object")} changed`),
    make("p", { class: "soft" }, `${count(dates.length, "date")} compared, ${dates[0]} to ${dates.at(-1)}`));
  const steps = make("ul", { class: "steps", "aria-label": "Changes" }, result.captions.map((step) =>
    make("li", {}, make("b", {}, step.after), ` since ${step.before}: ${step.text}`)));
  const heads = ["Date", "Class", "Present", "New", "Gone"];
  const rows = result.table.map((row) => [row.date, `${capital(row.class_name)}s`, row.present, row.appeared, row.vanished]);
  const counts = rows.length ? scrolled(table("Counts by date", heads, rows, 2), "Counts by date") : null;
  const only = rows.length ? make("p", { class: "soft" }, "Only objects that appear or vanish within these dates are counted.") : make("p", { class: "caption" }, sentence(result.not_followed));
  const plot = job.files.find((file) => file.name === "plot.png");
  const plotted = plot && make("a", { href: plot.url, target: "_blank", rel: "noopener" }, make("img", {
    class: "plot", src: plot.url, width: 880, height: 660, alt: "Plot of counts and changed areas by date; the same numbers are in the table.",
  }));
  const report = job.files.find((file) => file.name === "report.html");
  const animation = job.files.find((file) => file.name === "animation.webp");
  const links = make("p", { class: "row" },
    make("a", { class: "button", href: report.url, target: "_blank", rel: "noopener" }, "Open the report"),
    animation && make("a", { class: "button", href: downloadUrl(animation), download: animation.name }, "Save the animation"));
  return [verdict, steps, counts, only, plotted, answers(result.answers), links].filter(Boolean);
}

/** The name of a file may begin a sentence as it is. */
export function sentence(text) {
  const line = text.replace(/^[a-z](?=[a-z-]* )/, (letter) => letter.toUpperCase());
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function answers(list) {
  if (!list?.length) return null;
  return make("dl", {}, list.flatMap((item) => [make("dt", {}, item.question), make("dd", {}, sentence(answerWords(item)), " ",
    item.task === "open" ? null : make("span", { class: "soft" }, `${confidenceWords(item.confidence, item.confident)}.`))]));
}

/** Counts of each kind of change by zone, and the changed area; nothing where there are no zones. */
function zoneTable(zones) {
  if (!zones) return [];
  const outside = { ...zones.outside, name: "Outside every zone", covered: 1 };
  const rows = [...zones.zones, ...(outside.objects ? [outside] : [])];
  const all = rows.flatMap((row) => row.changes);
  const classes = [...new Set(all.map((change) => change.class))].sort();
  const kinds = classes.flatMap((name) => DIRECTIONS.map((direction) => ({ name, direction }))).filter((kind) => all.some((change) => is(change, kind)));
  const cells = rows.map((row) => [
    row.covered < 0.995 ? `${row.name} (${Math.round(row.covered * 100)} % in the scene)` : row.name,
    ...kinds.map((kind) => row.changes.find((change) => is(change, kind))?.count ?? 0), areaWords(row.area_m2, "m2"),
  ]);
  const heads = ["Zone", ...kinds.map((kind) => changeWords(`${kind.name}s`, kind.direction)), "Area"];
  const notes = zones.notes.map((note) => make("p", { class: "soft" }, sentence(note)));
  return [make("h3", {}, "Zones"), scrolled(table("Changes by zone", heads, cells, 1), "Changes by zone"), ...notes];
}

const is = (change, kind) => change.class === kind.name && change.direction === kind.direction;
const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** A table whose columns hold numbers from `numeric` on. */
function table(caption, heads, rows, numeric) {
  const kind = (at) => (at >= numeric ? "number" : null);
  return make("table", { class: "plain" }, make("caption", { class: "unseen" }, caption),
    make("thead", {}, make("tr", {}, heads.map((head, at) => make("th", { scope: "col", class: kind(at) }, head)))),
    make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell, at) =>
      at ? make("td", { class: kind(at) }, String(cell)) : make("th", { scope: "row" }, String(cell)))))));
}

/** A table that is too wide for its column is scrolled, with the keyboard too. */
const scrolled = (element, label) => make("div", { class: "wide", role: "region", "aria-label": label, tabindex: "0" }, element);
