// The first view: files are dropped or chosen, put in date order, and uploaded.

import { addExample, getJobs, upload } from "./api.js";
import { announce, byId, hide, icon, make, say, show } from "./dom.js";
import { bytesWords, percent } from "./words.js";

const MAX_RECENT = 5;
const STATES = { queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "cancelled" };
const VIDEO = /\.(mp4|mov|avi|mkv|webm|gif)$/i;
const EARLIER = /(^|[^a-z])(before|pre|earlier|early|old|t0|t1|date1|a)([^a-z]|$)/i;
const LATER = /(^|[^a-z])(after|post|later|late|new|t2|date2|b)([^a-z]|$)/i;
const DATE = /(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])?[-_.]?(0[1-9]|[12]\d|3[01])?(?!\d)/;

export class Start {
  /** @param {(scene: object, options: object) => void} onScene a scene was added, with the options of its job */
  constructor(onScene) {
    this.onScene = onScene;
    this.files = [];
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
    if (this.sending || !files.length) return;
    this.files = inDateOrder([...this.files, ...files]);
    say("upload-error", "");
    this.#draw();
    byId("send").focus();
  }

  #clear() {
    this.files = [];
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
    byId("staged-title").textContent = pair ? "Two dates of one place" : number > 2 ? "A series of images" : video ? "A video" : "One image";
    byId("send").textContent = pair ? "Describe the changes" : "Open";
    byId("swap-dates").hidden = !pair;
    byId("options").hidden = !pair;
    byId("staged-files").replaceChildren(...this.files.map((file, at) => {
      const role = pair ? ["Earlier", "Later"][at] : number > 2 ? `Image ${at + 1}` : video ? "Video" : "Image";
      const remove = () => {
        this.files.splice(at, 1);
        this.#draw();
      };
      return make("li", {}, make("span", { class: "role" }, role), make("span", { class: "file-name" }, file.name),
        make("span", { class: "soft" }, bytesWords(file.size)),
        make("button", { type: "button", class: "button quiet icon-only", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("close")));
    }));
  }

  async #send() {
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
      const scene = await upload(this.files, (sent, total) => this.#progress(sent, total), this.sending.signal);
      this.files = [];
      this.sending = null;
      this.onScene(scene, options);
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
      this.onScene(await addExample(), {});
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
      const name = job.type === "describe" ? "Changes" : job.request.question;
      return make("li", {}, make("a", { href: `/?job=${job.id}` }, `${name}, ${time}`), " ", make("span", { class: "soft" }, STATES[job.state]));
    }));
  }
}

/** Files in the order of the dates in their names, or of words such as "before" and "after"; else as they were given. */
function inDateOrder(files) {
  const dates = files.map((file) => DATE.exec(file.name)?.slice(1).map((part) => part ?? "00").join(""));
  if (new Set(dates).size === files.length && dates.every(Boolean)) return files.toSorted((a, b) => dates[files.indexOf(a)] - dates[files.indexOf(b)]);
  const [one, two] = files;
  return files.length === 2 && LATER.test(one.name) && EARLIER.test(two.name) ? [two, one] : files;
}
