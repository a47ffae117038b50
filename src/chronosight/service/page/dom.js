// Small helpers for the document: elements, icons, messages.

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/**
 * An element. Attributes whose name begins with "on" are listeners; true and false set and leave out an attribute. Text never
 * becomes markup.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** An icon from the sprite in index.html. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** Shows or hides elements by id. */
export function show(...ids) {
  for (const id of ids) byId(id).hidden = false;
}

export function hide(...ids) {
  for (const id of ids) byId(id).hidden = true;
}

/** Writes a text into an element and shows it; hides the element where the text is empty. */
export function say(id, text) {
  byId(id).textContent = text ?? "";
  byId(id).hidden = !text;
}

/** Reads a text to users of a screen reader. */
export function announce(text) {
  byId("announce").textContent = text;
}

let toastTimer;

/** A short message that goes away by itself. */
export function toast(text) {
  say("toast", text);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => hide("toast"), 5000);
}

/** Menus close on Escape and on a click elsewhere. */
export function closeMenus() {
  const open = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
