// The first view: files are dropped or chosen, put in date order, and uploaded.

import { addExample, getJobs, readZones, upload } from "./api.js";
import { announce, byId, hide, icon, make, say, show, toast } from "./dom.js";
import { bytesWords, count, percent } from "./words.js";

const MAX_RECENT = 5;
const STATES = { queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "cancelled" };
const ZONES = /\.(geojson|json|gpkg)$/i;
const NO_ZONES = "Counts by zone, from polygons in GeoJSON or a GeoPackage";
const VIDEO = /\.(mp4|mov|avi|mkv|webm|gif)$/i;
const EARLIER = /(^|[^a-z])(before|pre|earlier|early|old|t0|t1|date1|a)([^a-z]|$)/i;
const LATER = /(^|[^a-z])(after|post|later|late|new|t2|date2|b)([^a-z]|$)/i;
const DATE = /(?<!\d)((?:19|20)\d\d)(?:[-_.]?(0[1-9]|1[0-2])(?:[-_.]?(0[1-9]|[12]\d|3[01]))?)?(?!\d)/;
const DATE_FIELD = "(19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?";

export class Start {
  /** @param {(scene: object, request: object) => void} onScene a scene was added, with what its job is to do: {options, questions, zones} */
  constructor(onScene) {
    this.onScene = onScene;
    this.files = [];
    this.dates = new Map(); // file -> its date as it was written in
    this.zones = null; // as GeoJSON
    this.zonesFile = "";
    byId("choose").addEventListener("click", () => byId("files").click());
    byId("add-file").addEventListener("click", () => byId("files").click());
    byId("files").addEventListener("change", () => {
      this.add([...byId("files").files]);
      byId("files").value = "";
    });
    byId("swap-dates").addEventListener("click", () => {
      this.files.reverse();
      this.#draw();
      announce(`Dates swapped. Earlier: ${this.files[0].name}.`);
    });
    for (const choice of byId("several").querySelectorAll("input")) choice.addEventListener("change", () => this.#draw());
    byId("choose-zones").addEventListener("click", () => byId("zones-file").click());
    byId("zones-file").addEventListener("change", () => {
      this.#takeZones(byId("zones-file").files[0]);
      byId("zones-file").value = "";
    });
    byId("remove-zones").addEventListener("click", () => {
      this.zones = null;
      this.#drawZones();
      byId("choose-zones").focus();
    });
    byId("clear-files").addEventListener("click", () => this.#clear());
    byId("staged").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    byId("cancel-upload").addEventListener("click", () => this.sending?.abort());
    byId("example").addEventListener("click", () => this.#example());
  }

  /** Shows this view, with the latest jobs of the server. */
  open() {
    show("start");
    this.#draw();
    this.#recent();
  }

  /** Takes files that were dropped or chosen. */
  add(files) {
    const zones = files.find((file) => ZONES.test(file.name));
    if (zones) this.#takeZones(zones);
    const images = files.filter((file) => !ZONES.test(file.name));
    if (this.sending || !images.length) return;
    this.files = inDateOrder([...this.files, ...images]);
    say("upload-error", "");
    this.#draw();
    byId("send").focus();
  }

  async #takeZones(file) {
    say("zones-error", "");
    byId("options").open = true;
    try {
      this.zones = await readZones(file);
      this.zonesFile = file.name;
      const read = count(this.zones.features.length, "zone");
      if (this.files.length) announce(`${read} read.`);
      else toast(`${read} of ${file.name} read. Add two dates of the place.`);
    } catch (error) {
      this.zones = null;
      say("zones-error", error.message);
      if (!this.files.length) toast(error.message);
    }
    this.#drawZones();
  }

  #drawZones() {
    const names = this.zones?.features.map((zone) => zone.properties.name) ?? [];
    const some = names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
    byId("zones-text").textContent = this.zones ? `${count(names.length, "zone")} of ${this.zonesFile}: ${some}` : NO_ZONES;
    byId("choose-zones").textContent = this.zones ? "Choose another file" : "Choose a file";
    byId("remove-zones").hidden = !this.zones;
  }

  /** What three or more images are: "series", "video", or "" where that was not said. */
  get #several() {
    return this.files.length > 2 ? (byId("several").querySelector("input:checked")?.value ?? "") : "";
  }

  #clear() {
    this.files = [];
    this.zones = null;
    this.#drawZones();
    this.#draw();
    byId("choose").focus();
  }

  #draw() {
    const number = this.files.length;
    byId("drop").hidden = number > 0;
    byId("staged").hidden = number === 0 || Boolean(this.sending);
    byId("uploading").hidden = !this.sending;
    if (!number) return say("upload-error", "");
    const video = VIDEO.test(this.files[0].name);
    const pair = number === 2;
    const series = this.#several === "series";
    byId("staged-title").textContent = pair ? "Two dates of one place" : number > 2 ? count(number, "image") : video ? "A video" : "One image";
    byId("several").hidden = number < 3;
    for (const choice of byId("several").querySelectorAll("input")) choice.required = number > 2;
    byId("send").textContent = pair ? "Describe the changes" : series ? "Compare the dates" : "Open";
    byId("swap-dates").hidden = !pair;
    byId("options").hidden = !pair && !series;
    byId("options-title").textContent = pair ? "Zones, questions and options" : "Questions and options";
    byId("zones-row").hidden = !pair;
    this.#drawZones();
    byId("staged-files").replaceChildren(...this.files.map((file, at) => {
      const role = pair ? ["Earlier", "Later"][at] : number > 2 ? `Image ${at + 1}` : video ? "Video" : "Image";
      const first = series ? this.#dateField(file) : make("span", { class: "role" }, role);
      const remove = () => {
        this.files.splice(at, 1);
        this.#draw();
      };
      return make("li", { class: series ? "dated" : null }, first, make("span", { class: "file-name" }, file.name),
        make("span", { class: "soft" }, bytesWords(file.size)),
        make("button", { type: "button", class: "button quiet icon-only", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("close")));
    }));
  }

  /** Where the date of an image is written in; empty where its name says none: the server then looks into the file. */
  #dateField(file) {
    if (!this.dates.has(file)) this.dates.set(file, (dateParts(file.name) ?? []).join("-"));
    const field = make("input", {
      type: "text", class: "date", "aria-label": `Date of ${file.name}`, placeholder: "2015-07-26", pattern: DATE_FIELD, maxlength: 10,
      title: "A year, a month or a day, such as 2015, 2015-07 or 2015-07-26; empty where the file itself says it", autocomplete: "off",
    });
    field.value = this.dates.get(file);
    field.addEventListener("input", () => this.dates.set(file, field.value.trim()));
    return field;
  }

  async #send() {
    const several = this.#several ? { kind: this.#several } : {};
    if (this.#several === "series") several.dates = this.files.map((file) => this.dates.get(file) ?? "").join(",");
    const questions = byId("option-questions").value.split("\n").map((line) => line.trim()).filter(Boolean);
    const zones = this.files.length === 2 ? this.zones : null;
    const options = {};
    if (byId("option-resize").checked) options.resize = true;
    if (!byId("option-register").checked) options.register = false;
    if (byId("option-force").checked) options.force = true;
    if (byId("option-metres").value) options.metres_per_pixel = Number(byId("option-metres").value);
    this.sending = new AbortController();
    say("upload-error", "");
    this.#progress(0, this.files.reduce((sum, file) => sum + file.size, 0));
    this.#draw();
    byId("cancel-upload").focus();
    try {
      const scene = await upload(this.files, several, (sent, total) => this.#progress(sent, total), this.sending.signal);
      this.files = [];
      this.zones = null;
      this.sending = null;
      byId("option-questions").value = "";
      for (const choice of byId("several").querySelectorAll("input")) choice.checked = false;
      this.onScene(scene, { options, questions, zones });
    } catch (error) {
      this.sending = null;
      this.#draw();
      if (error.name !== "AbortError") say("upload-error", error.message);
      byId("send").focus();
    }
  }

  #progress(sent, total) {
    const share = total ? sent / total : 0;
    byId("uploading-bar").value = share;
    byId("uploading-text").textContent = share < 1 ? `${percent(share)} of ${bytesWords(total)}` : "The server reads the images…";
  }

  async #example() {
    say("example-error", "");
    byId("example").disabled = true;
    try {
      this.onScene(await addExample(), { options: {}, questions: [], zones: null });
    } catch (error) {
      say("example-error", error.message);
    } finally {
      byId("example").disabled = false;
    }
  }

  async #recent() {
    const jobs = await getJobs().catch(() => []);
    byId("recent").hidden = !jobs.length;
    byId("recent-list").replaceChildren(...jobs.slice(0, MAX_RECENT).map((job) => {
      const time = new Date(job.created).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
      const name = { describe: "Changes", timeline: "Series of dates" }[job.type] ?? job.request.question;
      return make("li", {}, make("a", { href: `/?job=${job.id}` }, `${name} · ${time}`), " ", make("span", { class: "soft" }, STATES[job.state]));
    }));
  }
}

/** Year, month and day in a name, as far as it says them; null for none. */
const dateParts = (name) => DATE.exec(name)?.slice(1).filter(Boolean) ?? null;

/** Files in the order of the dates in their names, or of words such as "before" and "after"; else as they were given. */
function inDateOrder(files) {
  const dates = files.map((file) => dateParts(file.name)?.join("").padEnd(8, "0"));
  if (new Set(dates).size === files.length && dates.every(Boolean)) return files.toSorted((a, b) => dates[files.indexOf(a)] - dates[files.indexOf(b)]);
  const [one, two] = files;
  return files.length === 2 && LATER.test(one.name) && EARLIER.test(two.name) ? [two, one] : files;
}
