// The page: which view is shown, by the address. "/" is the start, "/?job=ID" a job, "/?scene=ID" a scene without one.

import { getJob, getScene } from "./api.js";
import { byId, closeMenus, hide, say, show } from "./dom.js";
import { Start } from "./start.js";
import { Workbench } from "./workbench.js";

const THEMES = ["automatic", "light", "dark"];

const start = new Start((scene, request) => {
  open(scene);
  if (workbench.jobType) workbench.start(request);
  else go(`/?scene=${scene.id}`);
});
const workbench = new Workbench(go, () => {
  go("/");
  route();
});

function open(scene) {
  hide("start", "loading", "fault");
  workbench.open(scene);
  byId("main").focus({ preventScroll: true });
}

function go(path) {
  history.pushState(null, "", path);
}

/** Shows what the address names. */
async function route() {
  const address = location.href;
  const query = new URLSearchParams(location.search);
  workbench.close();
  hide("start", "fault", "fault-report");
  if (!query.has("job") && !query.has("scene")) {
    hide("loading");
    return start.open();
  }
  show("loading");
  try {
    const job = query.has("job") ? await getJob(encodeURIComponent(query.get("job"))) : null;
    const scene = job ? await sceneOf(job) : await getScene(encodeURIComponent(query.get("scene")));
    if (location.href !== address) return;
    open(scene);
    if (job) workbench.follow(job);
    else workbench.offer();
  } catch (error) {
    if (location.href !== address) return;
    hide("loading");
    say("fault-text", error.message);
    show("fault");
  }
}

/** The scene of a job. Where it was deleted, the report is all there is to see. */
async function sceneOf(job) {
  try {
    return await getScene(job.scene);
  } catch (error) {
    const report = job.files.find((file) => file.name === "report.html");
    if (error.status !== 404 || !report) throw error;
    byId("fault-report").href = report.url;
    show("fault-report");
    throw new Error("The images of this job were deleted. Its report remains.");
  }
}

/** Files may be dropped anywhere. */
function acceptDrops() {
  let depth = 0;
  const ofFiles = (event) => event.dataTransfer?.types.includes("Files");
  const over = (shown) => (byId("drop-here").hidden = !shown);
  addEventListener("dragenter", (event) => ofFiles(event) && over(++depth > 0));
  addEventListener("dragleave", (event) => ofFiles(event) && over(--depth > 0));
  addEventListener("dragover", (event) => ofFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!ofFiles(event)) return;
    event.preventDefault();
    over((depth = 0));
    leave();
    start.add([...event.dataTransfer.files]);
  });
}

/** To the start, from wherever one is. */
function leave() {
  if (location.search) go("/");
  if (byId("start").hidden) route();
}

function wireTheme() {
  const button = byId("theme");
  const label = () => button.setAttribute("aria-label", `Colours: ${document.documentElement.dataset.theme ?? "automatic"}`);
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "automatic") + 1) % THEMES.length];
    if (next === "automatic") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem("chronosight-theme", next);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
    label();
  });
  label();
}

byId("new-scene").addEventListener("click", leave);
byId("home").addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});
byId("fault-retry").addEventListener("click", route);
addEventListener("popstate", route);
acceptDrops();
closeMenus();
wireTheme();
route();
