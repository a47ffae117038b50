// Requests to the server (docs/service.md). An error carries the server's one line.

const UNREACHABLE = "The server cannot be reached. Check that it is still running, then try again.";
const ENDED = ["done", "failed", "cancelled", "deleted"];
const POLL = 1500; // milliseconds, where no event stream can be had

export class ServerError extends Error {
  constructor(message, status = 0, code = null) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const hasEnded = (job) => ENDED.includes(job.state);
export const getScene = (id) => request(`/api/scenes/${id}`);
export const getJob = (id) => request(`/api/jobs/${id}`);
export const getJobs = () => request("/api/jobs").then((body) => body.jobs);
export const getResult = (job) => request(job.links.results).then((body) => body.result);
export const getFile = (file) => request(file.url);
export const addExample = () => request("/api/scenes/example", { method: "POST" });
export const addJob = (body) => post("/api/jobs", body);
export const endJob = (id) => request(`/api/jobs/${id}`, { method: "DELETE" });
/** The zones of a GeoJSON or GeoPackage file, as a job takes them. */
export function readZones(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  return request("/api/zones", { method: "POST", body: form });
}

export const ask = (scene, question, history, options) => post(`/api/scenes/${scene}/ask`, { question, history, options });

/** The address that saves a file instead of showing it. */
export const downloadUrl = (file) => `${file.url}?download=true`;

/**
 * Uploads the files of a scene, in date order.
 *
 * @param {File[]} files
 * @param {object} several of three or more images: {kind, dates}
 * @param {(sent: number, total: number) => void} onProgress bytes
 * @param {AbortSignal} signal
 * @returns {Promise<object>} the scene
 */
export function upload(files, several, onProgress, signal) {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest(); // fetch reports no progress of an upload
    sending.open("POST", `/api/scenes?${new URLSearchParams(several)}`);
    sending.responseType = "json";
    sending.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.total));
    sending.addEventListener("load", () =>
      sending.status < 300 ? resolve(sending.response) : reject(errorOf(sending.status, sending.response)),
    );
    sending.addEventListener("error", () =>
      reject(new ServerError("The upload was interrupted: the server cannot be reached, or it refuses files of this size.")),
    );
    sending.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    signal.addEventListener("abort", () => sending.abort());
    sending.send(form);
  });
}

/**
 * Follows a job until it ends.
 *
 * @param {string} id
 * @param {(job: object) => void} onJob whenever it changes
 * @param {(text: string) => void} onLost why nothing is heard, "" once it is heard of again
 * @returns {() => void} stops following
 */
export function followJob(id, onJob, onLost) {
  const events = new EventSource(`/api/jobs/${id}/events`);
  let timer;
  const stop = () => {
    events.close();
    clearInterval(timer);
  };
  const take = (job) => {
    onLost("");
    if (hasEnded(job)) stop();
    onJob(job);
  };
  const poll = () => {
    events.close();
    clearInterval(timer);
    timer = setInterval(() => getJob(id).then(take, (error) => onLost(error.message)), POLL);
  };
  for (const name of ["progress", ...ENDED]) events.addEventListener(name, (event) => take(JSON.parse(event.data)));
  events.addEventListener("error", (event) => {
    if (event.data || events.readyState === EventSource.CLOSED) poll(); // too many streams, or refused
    else onLost("Connection lost; trying again.");
  });
  return stop;
}

async function request(path, options) {
  let reply;
  try {
    reply = await fetch(path, options);
  } catch {
    throw new ServerError(UNREACHABLE);
  }
  const body = await reply.json().catch(() => null);
  if (!reply.ok) throw errorOf(reply.status, body);
  return body;
}

function post(path, body) {
  return request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

function errorOf(status, body) {
  return new ServerError(body?.error?.message ?? `The server answered with status ${status}.`, status, body?.error?.code);
}
