// Where things lie on the map: longitude and latitude for GeoTIFF (map tiles), pixels of the first image for anything else.

import { trackWords } from "./words.js";

export const CELLS = [ // the 3 x 3 grid of places by rows, named as in tasks/cells.py
  "top left corner", "top", "top right corner", "left", "center", "right", "lower left corner", "lower", "lower right corner",
];

/** Coordinates of one scene. GeoJSON order in, [latitude, longitude] of Leaflet out; pixels count y downwards. */
export class Grid {
  constructor(scene) {
    this.scene = scene;
    this.onEarth = Boolean(scene.has_tiles);
    const { width, height } = scene;
    // Upper left, upper right, lower right, lower left.
    this.corners = this.onEarth ? scene.corners_lonlat : [[0, 0], [width, 0], [width, height], [0, height]];
  }

  latLng = ([x, y]) => (this.onEarth ? L.latLng(y, x) : L.latLng(-y, x));

  /** The box around the scene. */
  get bounds() {
    return L.latLngBounds(this.corners.map(this.latLng));
  }

  /** The outline of a cell of the 3 x 3 grid of places by its name, null for any other name. */
  cell(name) {
    const at = CELLS.indexOf(name);
    if (at < 0) return null;
    const [column, row] = [at % 3, Math.floor(at / 3)];
    const ends = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
    return ends.map(([x, y]) => this.latLng(this.#inside(x / 3, y / 3)));
  }

  /** Features of a reply, brought onto this map: without tiles it shows pixels, and they may be in degrees. */
  place(collection) {
    if (this.onEarth || "coordinates" in collection || !this.scene.corners_lonlat) return collection.features;
    const toPixel = this.#pixelOf();
    const moved = (part) => (typeof part[0] === "number" ? toPixel(part) : part.map(moved));
    return collection.features.map((feature) => ({
      ...feature, geometry: { ...feature.geometry, coordinates: moved(feature.geometry.coordinates) },
    }));
  }

  /** A place in words: "30.29166, -97.73980" or "x 214, y 80". */
  words(latlng) {
    if (this.onEarth) return `${latlng.lat.toFixed(5)}, ${latlng.lng.toFixed(5)}`;
    return `x ${Math.round(latlng.lng)}, y ${Math.round(-latlng.lat)}`;
  }

  #inside(x, y) {
    const [upperLeft, upperRight, lowerRight, lowerLeft] = this.corners;
    const mix = (a, b, share) => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
    return mix(mix(upperLeft, upperRight, x), mix(lowerLeft, lowerRight, x), y);
  }

  /** Degrees to pixels by the affine map of three corners: exact enough for a scene that is read at once. */
  #pixelOf() {
    const { width, height, corners_lonlat: [origin, right, , down] } = this.scene;
    const [a, b] = [right[0] - origin[0], right[1] - origin[1]];
    const [c, d] = [down[0] - origin[0], down[1] - origin[1]];
    const area = a * d - b * c;
    return ([lon, lat]) => {
      const [x, y] = [lon - origin[0], lat - origin[1]];
      return [((x * d - y * c) / area) * width, ((y * a - x * b) / area) * height];
    };
  }
}

/** Followed objects of a series. `at(date)` is the object as it is drawn at that date, null where it is not there. */
export function readTracks(result, collection) {
  const rows = result.objects.map((item, at) => ({
    ...item, feature: collection?.features[at] ?? { type: "Feature", geometry: { type: "Polygon", coordinates: [item.polygon_px] } },
  }));
  return rows.map((row) => {
    const metric = row.area_m2 != null;
    const object = {
      number: row.number, className: row.class, direction: row.events[0].direction, directions: row.events.map((event) => event.direction),
      kind: trackWords(row), cell: row.cell, area: metric ? row.area_m2 : row.area_px, unit: metric ? "m2" : "px", length: null,
      confidence: row.confidence, feature: row.feature,
    };
    object.at = (date) => {
      const event = row.events.find((item) => item.before === date);
      if (event) return { ...object, direction: event.direction };
      return row.present.includes(date) ? { ...object, direction: "present" } : null;
    };
    return object;
  });
}

/** Changed objects of a result, one shape for both kinds of files. */
export function readObjects(result, collection) {
  const rows = collection ? collection.features.map((feature) => ({ ...feature.properties, feature })) : result.objects.map((item) => ({
    ...item, feature: { type: "Feature", geometry: { type: "Polygon", coordinates: [item.polygon_px, ...item.holes_px] } },
  }));
  return rows.map((row) => {
    const metric = row.area_m2 != null;
    return {
      number: row.number, className: row.class, direction: row.direction, cell: row.cell ?? row.tile ?? "",
      directions: [row.direction], area: metric ? row.area_m2 : row.area_px, unit: metric ? "m2" : "px", length: row.length_m ?? null,
      confidence: row.confidence, lon: row.lon ?? row.centroid_lonlat?.[0], lat: row.lat ?? row.centroid_lonlat?.[1],
      feature: row.feature,
    };
  });
}
