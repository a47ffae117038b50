// The images of a scene: swipe or side by side for two dates, a slider for the frames of a video.

import { byId, hide, icon, make, say, show } from "./dom.js";
import { Grid } from "./geometry.js";
import { View, colourOf } from "./view.js";
import { changeWords, dayOf } from "./words.js";

const STEP = 2; // percent that an arrow key moves the boundary
const FRAME_MS = 700;

export class Viewer {
  /**
   * @param {(number: number | null) => void} onPick an object was clicked, or the ground beside them
   * @param {() => void} onDate another date of a series is shown
   */
  constructor(onPick, onDate) {
    this.onPick = onPick;
    this.onDate = onDate;
    this.views = [];
    this.share = 0.5; // of the width, left of the boundary
    for (const button of byId("modes").children) button.addEventListener("click", () => this.setMode(button.dataset.mode));
    byId("zoom-in").addEventListener("click", () => this.views[0].map.zoomIn());
    byId("zoom-out").addEventListener("click", () => this.views[0].map.zoomOut());
    byId("zoom-fit").addEventListener("click", () => this.views.forEach((view) => view.fit()));
    byId("layer-outlines").addEventListener("change", () => this.#applyLayers());
    byId("layer-mask").addEventListener("change", () => this.#applyLayers());
    byId("layer-probability").addEventListener("change", () => this.#applyLayers());
    byId("layer-land_cover_mask").addEventListener("change", () => this.#applyLayers());
    byId("layer-zones").addEventListener("change", () => this.#applyLayers());
    this.#wireDivider();
    this.#wireFrames();
    new ResizeObserver(() => this.#resized()).observe(byId("maps"));
  }

  /** Shows the images of a scene, in place of those before. */
  open(scene) {
    this.close();
    this.scene = scene;
    this.grid = new Grid(scene);
    this.objects = [];
    this.evidence = this.selected = this.tiles = this.zones = null;
    byId("layer-zones").checked = true;
    for (const id of ["layer-mask", "layer-probability", "layer-land_cover_mask"]) byId(id).checked = false;
    byId("layer-outlines").checked = true;
    hide("layers", "modes", "frames");
    const frames = scene.links.frames.length;
    if (scene.kind === "pair" && frames === 2) {
      show("modes");
      this.setMode(this.mode ?? "swipe");
    } else {
      this.#build(1);
      this.#tags(scene.kind === "image" ? dayOf(scene.times?.[0]) : "", "");
      if (frames > 1) this.#openFrames(frames);
      else if (frames === 1) this.views[0].addImage(0, "earlier");
    }
  }

  close() {
    clearInterval(this.playing);
    this.views.forEach((view) => view.remove());
    this.views = [];
    hide("divider", "map-two");
    this.setEvidence(null, "");
  }

  setMode(mode) {
    this.mode = mode;
    for (const button of byId("modes").children) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    const before = this.views[0]?.map;
    const place = before && !this.views[0].untouched ? [before.getCenter(), before.getZoom()] : null;
    this.#build(mode === "side" ? 2 : 1);
    this.views[0].addImage(0, "earlier");
    this.views.at(-1).addImage(1, "later");
    byId("divider").hidden = mode !== "swipe";
    const [earlier, later] = this.scene.times ?? [];
    this.#tags(dayOf(earlier) || "Earlier", dayOf(later) || "Later");
    if (place) this.views[0].map.setView(...place, { animate: false });
    this.setSelected(this.selected, Boolean(this.selected));
    this.#clip();
  }

  /** Maps of change of a finished job: addresses of tiles by name, undefined where there are none. */
  setTiles(tiles) {
    this.tiles = tiles;
    byId("layer-mask-label").hidden = !tiles?.mask || !this.grid.onEarth;
    byId("layer-probability-label").hidden = !tiles?.probability || !this.grid.onEarth;
    byId("layer-land_cover_mask-label").hidden = !tiles?.land_cover_mask || !this.grid.onEarth;
    show("layers");
  }

  /** The dates that were compared: the last one is shown, with what changed since the date before. */
  setDates(dates) {
    const last = this.scene.dates.lastIndexOf(dates.at(-1));
    byId("frames-at").value = String(last);
    this.#showFrame(last);
  }

  /** The date of a series that is shown. */
  get date() {
    return this.scene.dates?.[Number(byId("frames-at").value)];
  }

  /** Draws zones (GeoJSON); null draws none. */
  setZones(zones) {
    this.zones = zones;
    byId("layer-zones-label").hidden = !zones;
    this.#applyLayers();
  }

  /** Draws objects; called again whenever filters change. */
  setObjects(objects) {
    this.objects = objects;
    this.views.forEach((view) => view.setObjects(objects));
    const kinds = new Map(objects.map((object) => [`${object.className} ${object.direction}`, object]));
    byId("legend").replaceChildren(...[...kinds.values()].map((object) => {
      const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = colourOf(object.className, object.direction);
      return make("li", {}, swatch, changeWords(object.className, object.direction));
    }));
  }

  /** Lights up the evidence of an answer: {objects, cells}, and what the chip says of it; null puts it out. */
  setEvidence(evidence, text) {
    this.evidence = evidence && {
      features: evidence.objects ? this.grid.place(evidence.objects) : [],
      cells: evidence.cells.map((name) => this.grid.cell(name)).filter(Boolean),
    };
    this.views.forEach((view) => view.setEvidence(this.evidence));
    if (evidence) this.views[0]?.showEvidence();
    say("evidence-text", text);
    byId("evidence-chip").hidden = !evidence;
  }

  setSelected(object, move = false) {
    this.selected = object;
    this.views.forEach((view, at) => view.setSelected(object, move && at === 0 ? this.#free(object) : null));
  }

  /** What to leave free beside a selected object: with the boundary between the dates, it is shown in the date that has it. */
  #free(object) {
    const width = this.views[0].map.getSize().x;
    if (!object || this.mode !== "swipe" || byId("divider").hidden || Math.abs(this.share - 0.5) > 0.3) return { left: 0, right: 0 };
    return object.direction === "appeared" ? { left: width * this.share, right: 0 } : { left: 0, right: width * (1 - this.share) };
  }

  #build(number) {
    this.views.forEach((view) => view.remove());
    byId("map-two").hidden = number < 2;
    byId("maps").classList.toggle("two", number === 2);
    const elements = [byId("map-one"), byId("map-two")].slice(0, number);
    this.views = elements.map((element, at) => {
      const label = number === 2 ? (at ? "Map of the later date" : "Map of the earlier date") : "Map of the scene";
      element.setAttribute("aria-label", `${label}. Arrow keys move it, plus and minus zoom.`);
      element.setAttribute("role", "application");
      return new View(element, this.grid, this.onPick);
    });
    for (const view of this.views) {
      view.map.on("move zoom viewreset resize", () => this.#clip());
      view.map.on("dragstart zoomstart", () => (view.untouched = false));
      view.map.on("click", () => this.onPick(null));
      view.map.on("mousemove", (event) => (byId("place").textContent = this.grid.words(event.latlng)));
      view.map.on("mouseout", () => (byId("place").textContent = ""));
      view.setObjects(this.objects);
      view.setEvidence(this.evidence);
      view.setSelected(this.selected, null);
    }
    if (number === 2) this.#join(...this.views);
    this.#applyLayers();
  }

  /** Two maps that always show the same place. */
  #join(one, two) {
    let following = false;
    const follow = (leader, other) => () => {
      if (following) return;
      following = true;
      other.map.setView(leader.map.getCenter(), leader.map.getZoom(), { animate: false });
      following = false;
    };
    one.map.on("move zoomend", follow(one, two));
    two.map.on("move zoomend", follow(two, one));
    follow(one, two)();
  }

  #applyLayers() {
    for (const view of this.views) {
      view.showOutlines(byId("layer-outlines").checked);
      view.setZones(byId("layer-zones").checked ? this.zones : null);
      for (const name of ["mask", "probability", "land_cover_mask"]) {
        if (this.tiles?.[name]) view.setMap(name, this.tiles[name], byId(`layer-${name}`).checked);
      }
    }
  }

  #tags(left, right) {
    say("tag-left", left);
    say("tag-right", right);
  }

  #resized() {
    for (const view of this.views) {
      view.map.invalidateSize({ animate: false, pan: false });
      if (view.untouched) view.fit();
    }
    this.#clip();
  }

  /** Cuts the later date off left of the boundary. */
  #clip() {
    if (this.mode !== "swipe" || this.scene?.kind !== "pair" || !this.views.length) return;
    const { map } = this.views[0];
    const size = map.getSize();
    const upper = map.containerPointToLayerPoint([size.x * this.share, 0]);
    const lower = map.containerPointToLayerPoint([size.x, size.y]);
    const pane = map.getPane("later");
    pane.style.clipPath = `polygon(${upper.x}px ${upper.y}px, ${lower.x}px ${upper.y}px, ${lower.x}px ${lower.y}px, ${upper.x}px ${lower.y}px)`;
    byId("divider").style.left = `${this.share * 100}%`;
  }

  #setShare(share) {
    this.share = Math.min(1, Math.max(0, share));
    const percent = Math.round(this.share * 100);
    byId("divider").setAttribute("aria-valuenow", String(percent));
    byId("divider").setAttribute("aria-valuetext", `${percent} % earlier date, ${100 - percent} % later date`);
    this.#clip();
  }

  #wireDivider() {
    const divider = byId("divider");
    divider.addEventListener("pointerdown", (event) => {
      divider.setPointerCapture(event.pointerId);
      event.preventDefault();
      divider.focus();
    });
    divider.addEventListener("pointermove", (event) => {
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const box = byId("maps").getBoundingClientRect();
      this.#setShare((event.clientX - box.left) / box.width);
    });
    divider.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 5 : 1;
      const moves = { ArrowLeft: -STEP * far, ArrowDown: -STEP * far, ArrowRight: STEP * far, ArrowUp: STEP * far, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
      if (!(event.key in moves)) return;
      event.preventDefault();
      this.#setShare(this.share + moves[event.key] / 100);
    });
  }

  #openFrames(number) {
    show("frames");
    byId("frames-at").max = String(number - 1);
    byId("frames-at").setAttribute("aria-label", this.scene.dates ? "Date" : "Frame");
    byId("frames-at").value = "0";
    this.frames = [];
    this.#showFrame(0);
  }

  #showFrame(at) {
    const view = this.views[0];
    this.frames[at] ??= view.addImage(at, "earlier");
    this.frames[at].bringToFront();
    const { dates, links } = this.scene;
    byId("frames-text").textContent = dates?.[at] ?? `${at + 1} of ${links.frames.length}`;
    byId("frames-at").setAttribute("aria-valuetext", byId("frames-text").textContent);
    if (dates) this.onDate();
  }

  #wireFrames() {
    const at = byId("frames-at");
    const pause = () => {
      clearInterval(this.playing);
      this.playing = null;
      byId("frames-play").replaceChildren(icon("play"));
      byId("frames-play").setAttribute("aria-label", "Play");
    };
    at.addEventListener("input", () => {
      pause();
      this.#showFrame(Number(at.value));
    });
    byId("frames-play").addEventListener("click", () => {
      if (this.playing) return pause();
      byId("frames-play").replaceChildren(icon("pause"));
      byId("frames-play").setAttribute("aria-label", "Pause");
      this.playing = setInterval(() => {
        at.value = String((Number(at.value) + 1) % this.scene.links.frames.length);
        this.#showFrame(Number(at.value));
      }, FRAME_MS);
    });
  }
}
