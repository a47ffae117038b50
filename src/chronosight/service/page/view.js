// One Leaflet map: images below, maps of change above them, then outlines, evidence and the selected object.

export const COLOURS = { // those of reports/codes.py
  "road appeared": "rgb(255, 225, 60)",
  "road vanished": "rgb(130, 210, 255)",
  "building appeared": "rgb(255, 98, 0)",
  "building vanished": "rgb(38, 112, 255)",
  "other appeared": "rgb(204, 121, 167)",
  "other vanished": "rgb(0, 158, 115)",
};
const MOST_NAMES = 40; // zones that are named on the map
const MANY = 1500; // outlines: from here on a canvas is drawn, not one element each
const CLOSER = 3; // zooms beyond the pixels of the file that one may go
const SMALL = 36; // pixels on the screen: a smaller object is zoomed to

/** "present": there at a date of a series, and unchanged since the date before. */
export const colourOf = (name, direction) => direction === "present" ? "rgb(255, 255, 255)" : COLOURS[`${name} ${direction}`] ?? COLOURS[`other ${direction}`];

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class View {
  /**
   * @param {HTMLElement} element
   * @param {Grid} grid
   * @param {(number: number) => void} onPick an object was clicked
   */
  constructor(element, grid, onPick) {
    this.grid = grid;
    this.onPick = onPick;
    this.lines = new Map(); // object number -> its coloured outline
    const zooms = grid.scene.zooms ?? [0, 0];
    this.closest = zooms[1] + CLOSER;
    this.map = L.map(element, {
      crs: grid.onEarth ? L.CRS.EPSG3857 : L.CRS.Simple, zoomControl: false, attributionControl: false, zoomSnap: 0.25,
      minZoom: grid.onEarth ? 1 : -6, maxZoom: grid.onEarth ? this.closest : 4, maxBoundsViscosity: 0.8,
      zoomAnimation: !still(), fadeAnimation: false, wheelPxPerZoomLevel: 100,
    });
    for (const [name, index] of Object.entries({ earlier: 200, later: 210, maps: 300, outlines: 400, evidence: 410, selected: 420 })) {
      this.map.createPane(name).style.zIndex = index;
    }
    this.map.getPane("evidence").style.pointerEvents = "none";
    this.map.getPane("selected").style.pointerEvents = "none";
    this.fit();
    this.map.setMaxBounds(grid.bounds.pad(1));
    if (grid.onEarth) L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 120 }).addTo(this.map);
  }

  /** Shows one date of the scene: as map tiles, or the preview of a plain image. */
  addImage(frame, pane) {
    const { scene } = this.grid;
    const { tiles, frames } = scene.links;
    const layer = this.grid.onEarth ? this.#tiles(tiles[frame], pane) : L.imageOverlay(`${frames[frame]}?size=2048`, this.grid.bounds, {
      pane, alt: "", className: "preview",
    });
    return layer.addTo(this.map);
  }

  /** Shows or hides a map of change. */
  setMap(name, url, shown) {
    this.extra ??= {};
    if (shown && !this.extra[name]) {
      this.extra[name] = this.#tiles(url, "maps").addTo(this.map);
      this.extra[name].setOpacity(0.65);
    } else if (!shown && this.extra[name]) {
      this.extra[name].remove();
      delete this.extra[name];
    }
  }

  /** Draws zones with their names, under the outlines of objects; null draws none. */
  setZones(zones) {
    this.zones?.remove();
    if (!zones) return;
    const renderer = this.#renderer("maps", zones.features.length);
    this.zones = L.layerGroup();
    for (const [color, weight, dashArray] of [["#0c0e11", 4, null], ["#fff", 1.5, "8 5"]]) {
      L.geoJSON(zones, { interactive: false, style: { renderer, pane: "maps", color, weight, dashArray, opacity: 0.85, fill: false } }).addTo(this.zones);
    }
    for (const zone of zones.features.length > MOST_NAMES ? [] : zones.features) {
      const name = document.createTextNode(zone.properties.name);
      L.tooltip({ permanent: true, direction: "center", className: "zone-name", pane: "maps" }).setLatLng(L.geoJSON(zone).getBounds().getCenter()).setContent(() => {
        const label = document.createElement("span");
        label.append(name);
        return label;
      }).addTo(this.zones);
    }
    this.zones.addTo(this.map);
  }

  /** Draws the outlines of objects, in place of those before. */
  setObjects(objects) {
    this.outlines?.remove();
    this.lines.clear();
    const renderer = this.#renderer("outlines", objects.length);
    this.outlines = L.layerGroup();
    const draw = (object, style) => L.geoJSON(object.feature, { coordsToLatLng: this.grid.latLng, style: { renderer, pane: "outlines", ...style } });
    for (const object of objects) draw(object, { color: "#0c0e11", weight: 4, opacity: 0.6, fill: false, interactive: false }).addTo(this.outlines);
    for (const object of objects) {
      const line = draw(object, { color: colourOf(object.className, object.direction), weight: 2, opacity: 1, fillOpacity: 0.06, dashArray: object.direction === "present" ? "4 3" : null });
      line.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        this.onPick(object.number);
      });
      this.lines.set(object.number, line.addTo(this.outlines));
    }
    this.showOutlines(this.outlinesShown ?? true);
  }

  showOutlines(shown) {
    this.outlinesShown = shown;
    if (shown) this.outlines?.addTo(this.map);
    else this.outlines?.remove();
  }

  /** Lights up the evidence of an answer, and dims all other outlines; null puts it out. */
  setEvidence(evidence) {
    this.evidence?.remove();
    this.map.getPane("outlines").classList.toggle("dimmed", evidence != null);
    if (!evidence) return;
    const renderer = this.#renderer("evidence", evidence.features.length);
    this.evidence = L.featureGroup();
    for (const cell of evidence.cells) {
      L.polygon(cell, { renderer, pane: "evidence", color: "#fff", weight: 1.5, dashArray: "6 5", fillColor: "#fff", fillOpacity: 0.14, interactive: false }).addTo(this.evidence);
    }
    for (const [color, weight] of [["#0c0e11", 6], ["#fff", 3]]) {
      const style = { renderer, pane: "evidence", color, weight, fill: weight < 6, fillColor: "#fff", fillOpacity: 0.2, interactive: false };
      L.geoJSON(evidence.features, { coordsToLatLng: this.grid.latLng, style }).addTo(this.evidence);
    }
    this.evidence.addTo(this.map);
  }

  /** Marks one object, null marks none; brings it into view where `free` says how many pixels to leave free on the left and right. */
  setSelected(object, free) {
    this.selected?.remove();
    if (!object) return;
    const colour = colourOf(object.className, object.direction);
    const renderer = this.#renderer("selected", 1);
    this.selected = L.featureGroup();
    for (const style of [{ color: "#0c0e11", weight: 9, opacity: 0.75, fill: false }, { color: "#fff", weight: 6, fill: false }, { color: colour, weight: 3, fillOpacity: 0.25 }]) {
      L.geoJSON(object.feature, { coordsToLatLng: this.grid.latLng, style: { renderer, pane: "selected", interactive: false, ...style } }).addTo(this.selected);
    }
    this.selected.addTo(this.map);
    if (free) this.#bringIntoView(this.selected.getBounds(), free);
  }

  /** Brings the evidence into view where a part of it lies outside. */
  showEvidence() {
    const bounds = this.evidence.getBounds();
    if (bounds.isValid() && !this.map.getBounds().contains(bounds)) this.map.fitBounds(bounds, { padding: [24, 24], maxZoom: this.#close, animate: !still() });
  }

  fit() {
    this.map.fitBounds(this.grid.bounds, { padding: [8, 8], animate: false });
    this.untouched = true;
  }

  remove() {
    this.map.remove();
  }

  #bringIntoView(bounds, free) {
    const size = this.map.latLngToContainerPoint(bounds.getSouthEast()).subtract(this.map.latLngToContainerPoint(bounds.getNorthWest()));
    if (this.map.getBounds().contains(bounds) && Math.max(size.x, size.y) >= SMALL) return;
    const ends = { paddingTopLeft: [free.left, 0], paddingBottomRight: [free.right, 0] };
    this.map.fitBounds(bounds.pad(1), { ...ends, maxZoom: this.#close, animate: !still() });
  }

  /** The largest zoom that the page goes to by itself. */
  get #close() {
    return this.grid.onEarth ? this.closest - 2 : 2;
  }

  #renderer(pane, number) {
    this.renderers ??= {};
    const kind = number > MANY ? "canvas" : "svg";
    return (this.renderers[`${pane} ${kind}`] ??= L[kind]({ pane, padding: 0.5 }));
  }

  #tiles(url, pane) {
    const { bounds, scene } = this.grid;
    return L.tileLayer(url, { pane, bounds, minZoom: 0, maxZoom: 30, maxNativeZoom: scene.zooms[1], noWrap: true, updateWhenZooming: false });
  }

}
