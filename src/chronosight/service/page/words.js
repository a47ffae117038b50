// Numbers, dates and names as the page writes them, in the terms of the reports.

const whole = new Intl.NumberFormat("en");
const COARSE = 3; // digits of an area: its outline is not known better

/** Such as "New building", "Road gone". */
export function changeWords(name, direction) {
  if (direction === "present") return `${name[0].toUpperCase()}${name.slice(1)} present`;
  return direction === "appeared" ? `New ${name}` : `${name[0].toUpperCase()}${name.slice(1)} gone`;
}

/** What became of an object of a series: "New building by 2015", "New building by 2015, gone by 2018". */
export function trackWords({ class: name, events }) {
  const [first, ...more] = events;
  return [`${changeWords(name, first.direction)} by ${first.before}`, ...more.map((event) => `${event.direction === "appeared" ? "back" : "gone"} by ${event.before}`)].join(", ");
}

/** Such as "89 %". */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** A probability as the reports write it: never a flat 100 %, which no model can promise. */
export const confidencePercent = (confidence) => (Math.round(confidence * 100) > 99 ? "over 99 %" : percent(confidence));

const SURE = 0.7; // from here on an answer that is not confident is doubted for another reason, which its notes say

/** Such as "89 % confident"; what is more likely wrong than right, or was marked so, is "Not confident, 17 %". */
export function confidenceWords(confidence, confident = confidence >= 0.5) {
  if (confidence == null) return confident ? "Confidence unknown" : "Not confident";
  if (confident) return `${confidencePercent(confidence)} confident`;
  return confidence > 0 && confidence < SURE ? `Not confident, ${confidencePercent(confidence)}` : "Not confident";
}

/** Such as "3,450 m²" or "1.53 km²"; unit "m2", "m" or "px". */
export function areaWords(value, unit) {
  if (value == null) return "";
  if (unit === "m2" && value >= 1e6) return `${Number((value / 1e6).toPrecision(COARSE))} km²`;
  return `${whole.format(Math.round(Number(value.toPrecision(COARSE))))} ${unit === "m2" ? "m²" : unit}`;
}

/** Such as "1.2 MB". */
export function bytesWords(bytes) {
  const steps = ["bytes", "kB", "MB", "GB"];
  const at = Math.min(steps.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return at === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** at).toFixed(bytes / 1000 ** at < 10 ? 1 : 0)} ${steps[at]}`;
}

/** The day of a time in ISO 8601, "" where there is none. */
export const dayOf = (time) => (time ? time.slice(0, 10) : "");

/** A count with the word for the thing: "1 object", "22 objects". */
export const count = (number, noun) => `${whole.format(number)} ${noun}${number === 1 ? "" : "s"}`;

/** An answer in words: places joined, a count with its interval. */
export function answerWords(answer) {
  const listed = Array.isArray(answer.value) && answer.text === answer.value.join(","); // places, not a sentence about dates
  const text = listed && answer.value.length ? placesWords(answer.value) : answer.text.trim();
  const [least, most] = answer.interval ?? [];
  const capital = text ? text[0].toUpperCase() + text.slice(1) : text;
  return least !== most ? `${capital} (about ${whole.format(least)} to ${whole.format(most)})` : capital;
}

/** Such as "top, center and right". */
export function placesWords(places) {
  return places.length < 2 ? places.join("") : `${places.slice(0, -1).join(", ")} and ${places.at(-1)}`;
}

/** Time left, from the share done since a start: "", or such as "about 3 min left". */
export function leftWords(started, share) {
  const seconds = started && share > 0.02 ? ((Date.now() - Date.parse(started)) / 1000) * (1 / share - 1) : 0;
  if (seconds < 5) return "";
  return seconds < 90 ? `about ${Math.ceil(seconds / 5) * 5} s left` : `about ${Math.round(seconds / 60)} min left`;
}

const KINDS = { image: "Image", pair: "Two dates", video: "Video", series: "Series of dates" };

/** Names of the files of a scene, or what it is. */
export function titleOf(scene) {
  const names = (scene.files ?? []).map((file) => file.name);
  if (scene.dates) return `${names[0]} and ${names.length - 1} more, ${scene.dates[0]} to ${scene.dates.at(-1)}`;
  return names.length > 2 ? `${names[0]} and ${names.length - 1} more` : names.join(" → ") || KINDS[scene.kind];
}
