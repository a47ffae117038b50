// A scene with its job: progress, summary, objects, conversation, downloads, link.

import * as api from "./api.js";
import { Conversation } from "./ask.js";
import { announce, byId, hide, icon, make, say, show, toast } from "./dom.js";
import { readObjects } from "./geometry.js";
import { ObjectTable } from "./objects.js";
import { Viewer } from "./viewer.js";
import { answerWords, areaWords, confidenceWords, leftWords, titleOf } from "./words.js";

const FILES = { // what the files of a job are, in the order of the menu
  "report.html": "Report, one page",
  "objects.geojson": "Objects, GeoJSON",
  "objects.gpkg": "Objects, GeoPackage",
  "objects.pixels.json": "Objects in pixels, JSON",
  "mask.tif": "Change mask, GeoTIFF",
  "probability.tif": "Probability of change, GeoTIFF",
  "mask.png": "Change mask, PNG",
  "overlay.png": "Overlay, PNG",
  "zones.csv": "Zones, CSV",
  "description.json": "Everything, JSON",
};

export class Workbench {
  /**
   * @param {(path: string) => void} onPath the address of what is shown changed
   * @param {() => void} onLeave the job was deleted
   */
  constructor(onPath, onLeave) {
    this.onPath = onPath;
    this.onLeave = onLeave;
    this.viewer = new Viewer((number) => this.#pick(number, false));
    this.table = new ObjectTable((number) => this.#pick(number, true), (objects) => this.#filtered(objects));
    this.conversation = new Conversation((evidence, text) => this.viewer.setEvidence(evidence, text));
    byId("evidence-clear").addEventListener("click", () => this.conversation.clearEvidence());
    byId("cancel-job").addEventListener("click", () => this.#cancel());
    byId("again").addEventListener("click", () => this.describe(this.options));
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
    byId("summary-title").textContent = { pair: "Summary", image: "Image", video: "Video" }[scene.kind];
    document.title = `${titleOf(scene)} · Chronosight`;
    this.viewer.open(scene);
    this.table.close();
    this.conversation.open(scene);
    byId("summary-body").replaceChildren(...this.#sceneFacts());
  }

  /** Offers to describe a scene that was opened without a job. */
  offer() {
    if (this.scene.kind === "pair") this.#ended("");
  }

  close() {
    this.stop?.();
    this.scene = this.job = this.stop = null;
    this.options = {};
    hide("workbench", "new-scene", "share", "downloads", "scene-title", "progress", "job-ended");
    document.title = byId("heading").textContent = "Chronosight";
    this.viewer.close();
  }

  /** Starts a job that describes the two dates. */
  async describe(options) {
    const scene = this.scene;
    this.options = options;
    this.conversation.setOptions(options);
    this.job = null;
    this.#progress({ state: "queued", progress: { done: 0, total: 0, share: 0 } });
    try {
      const job = await api.addJob({ scene: scene.id, type: "describe", options });
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
    this.options = job.request.options ?? {};
    this.conversation.setOptions(this.options);
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
      const geojson = job.files.find((file) => file.name === "objects.geojson");
      const collection = scene.has_tiles && geojson ? await api.getFile(geojson) : null;
      if (this.scene !== scene) return;
      this.viewer.setTiles(job.links.tiles ?? {});
      this.table.open(readObjects(result, collection));
      byId("summary-body").replaceChildren(...summary(result), ...this.#sceneFacts(result.notes));
      this.#downloads(job);
      announce("The description is ready.");
    } catch (error) {
      if (this.scene === scene) this.#ended(error.message);
    }
  }

  #progress(job) {
    const { done, total, share } = job.progress;
    const was = byId("progress").hidden;
    show("progress");
    hide("job-ended");
    const tiles = total > 1 ? `, tile ${done} of ${total}` : "";
    const left = leftWords(job.started, share);
    const text = job.state === "queued" ? "Waiting for its turn" : total > 1 && done === total ? "Writing the results" : `Comparing the two dates${tiles}`;
    byId("progress-text").textContent = left && done < total ? `${text}, ${left}` : `${text}…`;
    const bar = byId("progress-bar");
    if (total > 1) bar.value = share;
    else bar.removeAttribute("value");
    byId("cancel-job").disabled = !job.id; // before the server has taken the job there is nothing to cancel
    if (was) announce("The two dates are being compared.");
  }

  #ended(message) {
    hide("progress");
    show("job-ended");
    say("job-error", message);
    const choices = { resize: "Resize the later image if the two differ in size", force: "Continue even if the images seem not to show the same place" };
    byId("again-options").replaceChildren(...Object.entries(choices).map(([name, text]) => {
      const box = make("input", { type: "checkbox", onchange: () => (this.options = { ...this.options, [name]: box.checked }) });
      box.checked = Boolean(this.options[name]);
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
    this.viewer.setObjects(objects);
    if (this.picked && !objects.some((object) => object.number === this.picked)) this.#pick(null, false);
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
    const frames = scene.kind === "video" ? `, ${scene.links.frames.length} frames` : "";
    const size = make("p", { class: "soft" }, `${scene.width} × ${scene.height} pixels${ground}${crs}${frames}`);
    const lines = [...new Set([...(scene.doubts ?? []), ...(scene.notes ?? []), ...notes])];
    return lines.length ? [size, make("ul", { class: "notes", "aria-label": "Notes" }, lines.map((line) => make("li", {}, sentence(line))))] : [size];
  }
}

function sentence(text) {
  const line = text.replace(/^[a-z](?=[a-z-]* )/, (letter) => letter.toUpperCase()); // not the name of a file
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** The verdict, the caption, and a tile for each class and direction. */
function summary(result) {
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
  const sentenceOfCaption = make("p", { class: caption.confident ? "caption" : "caption doubtful" }, sentence(caption.text));
  const unsure = caption.confident ? null : make("p", { class: "confidence" }, icon("alert"), `Caption: ${confidenceWords(caption.confidence, false)}`);
  const answers = (result.answers ?? []).map((item) => [make("dt", {}, item.question), make("dd", {}, answerWords(item), " ", make("span", { class: "soft" }, confidenceWords(item.confidence, item.confident)))]);
  return [verdict, sentenceOfCaption, unsure, make("ul", { class: "tiles", "aria-label": "Counts" }, tiles), answers.length ? make("dl", {}, answers.flat()) : null].filter(Boolean);
}
