// The conversation about a scene: question box, answers with their confidence, evidence on the map.

import { ask } from "./api.js";
import { byId, icon, make, say } from "./dom.js";
import { CELLS } from "./geometry.js";
import { answerWords, confidenceWords, count, placesWords } from "./words.js";

const SUGGESTED = {
  pair: ["Has anything changed?", "How many new buildings are there?", "Where are the new roads?", "Which new building is the largest?"],
  series: ["When was the first building built?", "In which year did most change?", "What changed?", "How many buildings are there now?"],
  image: ["Is this place rural or urban?", "Are there any buildings?", "Describe the image."],
  video: ["What is the event in the video?", "Describe the video."],
};

const OPENING = ["resize", "bands", "frames", "register", "force", "metres_per_pixel"]; // the options of a job that say how files are opened

export class Conversation {
  /** @param {(evidence: object | null, text: string) => void} onEvidence show it on the map; null puts it out */
  constructor(onEvidence) {
    this.onEvidence = onEvidence;
    byId("ask-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask(byId("question").value.trim());
    });
  }

  /** Starts a conversation about a scene; one that was held in this tab before goes on. */
  open(scene) {
    this.scene = scene;
    this.options = {}; // how the server opens the files
    this.questions = [];
    byId("log").replaceChildren();
    byId("question").value = "";
    if (scene.whole_scene || scene.kind === "series") say("ask-empty", "Once the dates have been compared, ask what changed, where and when.");
    else say("ask-empty", scene.kind === "pair" ? "Ask about the changes: whether, how many, where, how large." : "Ask about what the images show.");
    this.#suggest();
    for (const reply of this.#stored()) this.addReply(reply, false);
  }

  /** Opens the files for answers as they were opened for a job with these options. */
  setOptions(options) {
    this.options = Object.fromEntries(OPENING.filter((name) => options[name] != null).map((name) => [name, options[name]]));
  }

  /** Puts out the light of every answer. */
  clearEvidence() {
    for (const button of byId("log").querySelectorAll("[aria-pressed=true]")) button.setAttribute("aria-pressed", "false");
    this.onEvidence(null, "");
  }

  /** Adds a question with its answer, as the server gives them. */
  addReply(reply, light = true) {
    const turn = this.#addTurn(reply.question);
    this.#answer(turn, reply, light);
  }

  /** Offers the questions that were not asked yet: all at first, in one line once the conversation has begun. */
  #suggest() {
    const left = SUGGESTED[this.scene.kind].filter((text) => !this.questions.includes(text));
    byId("suggestions").classList.toggle("few", this.questions.length > 0);
    byId("suggestions").replaceChildren(...left.map((text) =>
      make("button", { type: "button", class: "button pill", onclick: () => this.#ask(text) }, text)));
  }

  async #ask(question) {
    if (!question || this.waiting) return;
    const scene = this.scene;
    const history = this.questions.slice(-20);
    byId("question").value = "";
    const turn = this.#addTurn(question);
    turn.append(make("p", { class: "waiting" }, make("span", { class: "spinner", "aria-hidden": "true" }), " Answering…"));
    this.#wait(true);
    try {
      const reply = await ask(scene.id, question, history, this.options);
      if (this.scene !== scene) return;
      turn.querySelector(".waiting").remove();
      this.#answer(turn, reply, true);
      this.#store(reply);
    } catch (error) {
      if (this.scene !== scene) return;
      turn.querySelector(".waiting").remove();
      turn.append(make("p", { class: "error", role: "alert" }, error.message),
        make("p", {}, make("button", { type: "button", class: "button pill", onclick: () => this.#again(turn, question) }, "Ask again")));
      this.#toEnd();
    } finally {
      if (this.scene === scene) this.#wait(false);
      else this.waiting = false;
    }
  }

  #again(turn, question) {
    turn.remove();
    this.#ask(question);
  }

  #addTurn(question) {
    say("ask-empty", "");
    const turn = make("li", {}, make("p", { class: "asked" }, make("span", { class: "unseen" }, "Question: "), question));
    byId("log").append(turn);
    this.#toEnd();
    return turn;
  }

  #answer(turn, { question, answer, evidence }, light) {
    this.questions.push(question);
    const cannot = answer.task === "open";
    const words = answerWords(answer);
    const cells = answer.task === "location" && Array.isArray(answer.value) ? answer.value.filter((cell) => CELLS.includes(cell)) : [];
    const card = make("div", { class: cannot ? "answer cannot" : answer.confident ? "answer" : "answer doubtful" },
      make("p", { class: "answer-text" }, make("span", { class: "unseen" }, "Answer: "), cells.length ? miniature(cells) : null, words));
    card.append(cannot ? make("p", { class: "confidence" }, "This question cannot be answered.") : confidence(answer));
    for (const note of answer.notes) card.append(make("p", { class: "soft note" }, note));
    const found = evidence?.object_numbers.length ?? 0;
    if (!cannot && (found || cells.length)) {
      const text = found ? count(found, "object") : placesWords(cells);
      const shown = { objects: evidence?.objects ?? null, cells };
      const button = make("button", { type: "button", class: "button pill evidence", "aria-pressed": "false" }, icon("target"), make("span", {}, `Evidence: ${text}`));
      const press = () => {
        const on = button.getAttribute("aria-pressed") === "true";
        this.clearEvidence();
        if (on) return;
        button.setAttribute("aria-pressed", "true");
        this.onEvidence(shown, `${question} ${text}`);
      };
      button.addEventListener("click", press);
      card.append(make("p", {}, button));
      if (light) press();
    } else if (light) {
      this.clearEvidence();
    }
    turn.append(card);
    this.#suggest();
    this.#toEnd();
  }

  #wait(waiting) {
    this.waiting = waiting;
    byId("ask-send").disabled = waiting;
    byId("ask").setAttribute("aria-busy", String(waiting));
  }

  #toEnd() {
    const box = byId("log-scroll");
    box.scrollTop = box.scrollHeight;
  }

  #stored() {
    try {
      return JSON.parse(sessionStorage.getItem(`conversation ${this.scene.id}`)) ?? [];
    } catch {
      return [];
    }
  }

  #store(reply) {
    try {
      const { question, answer, evidence } = reply;
      sessionStorage.setItem(`conversation ${this.scene.id}`, JSON.stringify([...this.#stored(), { question, answer, evidence }]));
    } catch {
      // Full or switched off: the conversation lasts as long as the page.
    }
  }
}

function confidence(answer) {
  const line = make("p", { class: "confidence" });
  if (!answer.confident) line.append(icon("alert"));
  if (answer.confidence != null) {
    const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
    bar.firstChild.style.width = `${Math.round(answer.confidence * 100)}%`;
    line.append(bar);
  }
  line.append(confidenceWords(answer.confidence, answer.confident));
  return line;
}

/** The 3 x 3 grid of places with some of them filled. */
function miniature(cells) {
  return make("span", { class: "miniature", "aria-hidden": "true" }, CELLS.map((name) => make("i", { class: cells.includes(name) ? "on" : null })));
}
