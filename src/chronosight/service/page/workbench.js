// A scene with its job: progress, summary, objects, conversation, downloads, link.

import * as api from "./api.js";
import { Conversation } from "./ask.js";
import { announce, byId, hide, make, say, show, toast } from "./dom.js";
import { readObjects, readTracks } from "./geometry.js";
import { ObjectTable } from "./objects.js";
import { pairSummary, sentence, seriesSummary } from "./summary.js";
import { Viewer } from "./viewer.js";
import { areaWords, confidenceWords, leftWords, titleOf } from "./words.js";

const FILES = { // what the files of a job are, in the order of the menu
  "report.html": "Report, one page",
  "objects.geojson": "Objects, GeoJSON",
  "objects.gpkg": "Objects, GeoPackage",
  "objects.pixels.json": "Objects in pixels, JSON",
  "mask.tif": "Change mask, GeoTIFF",
  "probability.tif": "Probability of change, GeoTIFF",
  "mask.png": "Change mask, PNG",
  "overlay.png": "Overlay, PNG",
  "land_cover.png": "Land cover, PNG",
  "land_cover.csv": "Land cover from to, CSV",
  "land_cover.geojson": "Land-cover change, GeoJSON",
  "land_cover.gpkg": "Land-cover change, GeoPackage",
  "land_cover_mask.tif": "Land-cover change, GeoTIFF",
  "timeline.csv": "Counts by date, CSV",
  "plot.png": "Plot, PNG",
  "animation.webp": "Animation, WebP",
  "zones.csv": "Zones, CSV",
  "description.json": "Everything, JSON",
  "timeline.json": "Everything, JSON",
};
const JOBS = { pair: "describe", series: "timeline" }; // the job that a scene of a kind begins with
const WORDS = {
  describe: { start: "Describe the changes", running: "Comparing the two dates", step: "tile", ready: "The description is ready." },
  timeline: { start: "Compare the dates", running: "Comparing the dates", step: "comparison", ready: "The dates have been compared." },
  ask: { start: "Ask again", running: "Answering", step: "tile", ready: "" },
};

export class Workbench {
  /**
   * @param {(path: string) => void} onPath the address of what is shown changed
   * @param {() => void} onLeave the job was deleted
   */
  constructor(onPath, onLeave) {
    this.onPath = onPath;
    this.onLeave = onLeave;
    this.viewer = new Viewer((number) => this.#pick(number, false), () => this.#drawObjects());
    this.table = new ObjectTable((number) => this.#pick(number, true), (objects) => this.#filtered(objects));
    this.conversation = new Conversation((evidence, text) => this.viewer.setEvidence(evidence, text));
    byId("evidence-clear").addEventListener("click", () => this.conversation.clearEvidence());
    byId("cancel-job").addEventListener("click", () => this.#cancel());
    byId("again").addEventListener("click", () => this.start(this.request));
    byId("share").addEventListener("click", () => this.#share());
    byId("picked-close").addEventListener("click", () => this.#pick(null, false));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.scene && !event.defaultPrevented) this.#pick(null, false);
    });
  }

  /** Shows a scene. */
  open(scene) {
    this.close();
    this.scene = scene;
    show("workbench", "new-scene", "share");
    say("scene-title", titleOf(scene));
    byId("heading").textContent = titleOf(scene);
    byId("summary-title").textContent = { image: "Image", video: "Video" }[scene.kind] ?? "Summary";
    document.title = `${titleOf(scene)} · Chronosight`;
    this.viewer.open(scene);
    this.table.close();
    this.conversation.open(scene);
    byId("summary-body").replaceChildren(...this.#sceneFacts());
  }

  /** The job that this scene begins with, undefined for none. */
  get jobType() {
    return JOBS[this.scene.kind];
  }

  /** Offers the job of a scene that was opened without one. */
  offer() {
    if (this.jobType) this.#ended("");
  }

  close() {
    this.stop?.();
    this.scene = this.job = this.stop = null;
    this.request = { options: {} };
    this.objects = [];
    hide("workbench", "new-scene", "share", "downloads", "scene-title", "progress", "job-ended");
    document.title = byId("heading").textContent = "Chronosight";
    this.viewer.close();
  }

  /** Starts the job of this scene: {options, questions, zones}. */
  async start(request) {
    const scene = this.scene;
    this.request = request;
    this.conversation.setOptions(request.options);
    this.job = null;
    this.#progress({ state: "queued", type: this.jobType, progress: { done: 0, total: 0, share: 0 } });
    try {
      const { options, questions = [], zones = null } = request;
      const job = await api.addJob({ scene: scene.id, type: this.jobType, options, questions, ...(zones ? { zones } : {}) });
      if (this.scene !== scene) return;
      this.onPath(`/?job=${job.id}`);
      this.follow(job);
    } catch (error) {
      if (this.scene === scene) this.#ended(error.message);
    }
  }

  /** Shows a job, and follows it to its end. */
  follow(job) {
    const scene = this.scene;
    this.request = { ...this.request, options: job.request.options ?? {}, questions: job.request.questions ?? [] };
    this.conversation.setOptions(this.request.options);
    const take = (now) => {
      if (this.scene !== scene) return;
      this.job = now;
      if (now.state === "queued" || now.state === "running") return this.#progress(now);
      hide("progress");
      if (now.state === "done") return this.#done(now);
      if (now.state === "failed") return this.#ended(now.error);
      this.#ended(now.state === "cancelled" ? "Cancelled." : "The job was deleted.");
    };
    if (api.hasEnded(job)) return take(job);
    take(job);
    this.stop = api.followJob(job.id, take, (text) => (byId("progress-lost").textContent = text));
  }

  async #done(job) {
    const scene = this.scene;
    try {
      const result = await api.getResult(job);
      if (job.type === "ask") {
        if (this.scene === scene) this.conversation.addReply({ question: result.question, answer: result, evidence: null });
        return;
      }
      const [collection, zones] = await Promise.all(["objects.geojson", "zones.geojson"].map((name) => {
        const file = scene.has_tiles && job.files.find((item) => item.name === name);
        return file ? api.getFile(file) : null;
      }));
      if (this.scene !== scene) return;
      const series = job.type === "timeline";
      if (series) this.viewer.setDates(result.dates.map((item) => item.date));
      this.viewer.setTiles(job.links.tiles ?? {});
      this.viewer.setZones(zones);
      this.table.open(series ? readTracks(result, collection) : readObjects(result, collection));
      byId("summary-body").replaceChildren(...(series ? seriesSummary(result, job) : pairSummary(result)), ...this.#sceneFacts(result.notes));
      this.#downloads(job);
      announce(WORDS[job.type].ready);
    } catch (error) {
      if (this.scene === scene) this.#ended(error.message);
    }
  }

  #progress(job) {
    const { done, total, share } = job.progress;
    const was = byId("progress").hidden;
    show("progress");
    hide("job-ended");
    const words = WORDS[job.type];
    const steps = total > 1 ? `, ${words.step} ${Math.min(done + 1, total)} of ${total}` : "";
    const left = leftWords(job.started, share);
    const text = job.state === "queued" ? "Waiting for its turn" : total > 1 && done === total ? "Writing the results" : `${words.running}${steps}`;
    byId("progress-text").textContent = left && done < total ? `${text}, ${left}` : `${text}…`;
    const bar = byId("progress-bar");
    if (total > 1) bar.value = share;
    else bar.removeAttribute("value");
    byId("cancel-job").disabled = !job.id; // before the server has taken the job there is nothing to cancel
    if (was) announce(`${words.running}.`);
  }

  #ended(message) {
    hide("progress");
    show("job-ended");
    say("job-error", message);
    byId("again").textContent = WORDS[this.jobType ?? "ask"].start;
    const choices = { resize: "Resize the later images if they differ in size", force: "Continue even if the images seem not to show the same place" };
    byId("again-options").replaceChildren(...Object.entries(choices).map(([name, text]) => {
      const box = make("input", { type: "checkbox", onchange: () => (this.request = { ...this.request, options: { ...this.request.options, [name]: box.checked } }) });
      box.checked = Boolean(this.request.options[name]);
      return make("label", {}, box, ` ${text}`);
    }));
  }

  async #cancel() {
    byId("cancel-job").disabled = true;
    try {
      await api.endJob(this.job.id);
    } catch (error) {
      toast(error.message);
      byId("cancel-job").disabled = false;
    }
  }

  #filtered(objects) {
    this.objects = objects;
    this.#drawObjects();
    if (this.picked && !objects.some((object) => object.number === this.picked)) this.#pick(null, false);
  }

  /** Outlines on the map: of a series, of the objects that are there at the date shown, or that changed since the date before. */
  #drawObjects() {
    const date = this.viewer.date;
    this.viewer.setObjects(this.scene.kind === "series" ? this.objects.map((object) => object.at(date)).filter(Boolean) : this.objects);
  }

  /** Selects an object on the map and in the table. */
  #pick(number, fromTable) {
    this.picked = number;
    const object = number == null ? null : this.table.find(number);
    this.viewer.setSelected(object, fromTable);
    this.table.select(number, !fromTable);
    byId("picked").hidden = !object;
    if (!object) return;
    const where = object.lat == null ? object.cell : `${object.cell}, ${object.lat.toFixed(5)}, ${object.lon.toFixed(5)}`;
    const facts = [areaWords(object.area, object.unit), object.length ? `${areaWords(object.length, "m")} long` : "", confidenceWords(object.confidence)];
    byId("picked-text").replaceChildren(make("b", {}, `${object.kind}, no. ${object.number}`), make("span", {}, facts.filter(Boolean).join(" · ")), make("span", {}, where));
    if (fromTable && matchMedia("(max-width: 1099px)").matches) byId("viewer").scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  #downloads(job) {
    const names = Object.keys(FILES);
    const files = job.files.filter((file) => file.name in FILES).sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
    const open = make("a", { href: `${job.links.self}/files/report.html`, target: "_blank", rel: "noopener" }, "Open the report");
    const items = files.map((file) => make("li", {}, make("a", { href: api.downloadUrl(file), download: file.name }, make("span", {}, FILES[file.name]), make("code", {}, file.name))));
    const remove = make("button", { type: "button", class: "button quiet danger-text", onclick: () => this.#delete(job) }, "Delete this result…");
    byId("download-list").replaceChildren(make("p", {}, open), make("ul", {}, items), remove);
    show("downloads");
  }

  #delete(job) {
    const dialog = byId("confirm");
    dialog.returnValue = "";
    dialog.showModal();
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue !== "delete") return;
      try {
        await api.endJob(job.id);
        this.onLeave();
        toast("Deleted.");
      } catch (error) {
        toast(error.message);
      }
    }, { once: true });
  }

  async #share() {
    const address = location.href;
    try {
      await navigator.clipboard.writeText(address);
      toast("Link copied. It opens for everyone who can reach this server.");
    } catch {
      toast(address); // no access to the clipboard without TLS
    }
  }

  /** What is worth knowing of the images: size, ground size, and what was noted on opening them. */
  #sceneFacts(notes = []) {
    const { scene } = this;
    const ground = scene.metres_per_pixel ? `, ${Number(scene.metres_per_pixel.toPrecision(2))} m per pixel` : "";
    const crs = scene.georeference?.crs ? `, ${scene.georeference.crs}` : "";
    const frames = { video: `, ${scene.links.frames.length} frames`, series: `, ${scene.links.frames.length} dates` }[scene.kind] ?? "";
    const size = make("p", { class: "soft" }, `${scene.width} × ${scene.height} pixels${ground}${crs}${frames}`);
    const lines = [...new Set([...(scene.doubts ?? []), ...(scene.notes ?? []), ...notes])];
    return lines.length ? [size, make("ul", { class: "notes", "aria-label": "Notes" }, lines.map((line) => make("li", {}, sentence(line))))] : [size];
  }
}
