(function () {
  "use strict";
  var page = document.getElementById("page"), viewer = document.getElementById("viewer"), edge = document.getElementById("edge");
  var over = viewer.querySelector("svg.over"), lit = document.getElementById("lit"), status = document.getElementById("picked");
  var ruler = document.getElementById("scale"), idle = status.textContent;
  var width = +viewer.dataset.width, height = +viewer.dataset.height;
  // k: zoom, x and y: the scene's point at the upper left, in scene pixels; swipe: percent of the viewer.
  var view = { k: 1, x: 0, y: 0, swipe: 50 };
  var most = Math.max(8, Math.min(width, height) / 24);

  function show() {
    view.k = Math.min(Math.max(view.k, 1), most);
    view.x = Math.min(Math.max(view.x, 0), width - width / view.k);
    view.y = Math.min(Math.max(view.y, 0), height - height / view.k);
    var box = viewer.getBoundingClientRect();
    viewer.style.setProperty("--k", view.k);
    viewer.style.setProperty("--tx", -view.x * view.k * box.width / width + "px");
    viewer.style.setProperty("--ty", -view.y * view.k * box.height / height + "px");
    over.setAttribute("viewBox", [view.x, view.y, width / view.k, height / view.k].join(" "));
    viewer.classList.toggle("zoomed", view.k > 1.001);
    viewer.classList.toggle("near", view.k > 6);
    document.getElementById("zoom-out").disabled = document.getElementById("zoom-all").disabled = view.k <= 1.001;
    document.getElementById("zoom-in").disabled = view.k >= most - 0.001;
    if (ruler) measure(box.width);
  }
  function measure(pixels) {
    var ground = +ruler.dataset.ground / view.k, aim = ground / 5, power = Math.pow(10, Math.floor(Math.log10(aim)));
    var metres = [5, 2, 1].map(function (step) { return step * power; }).find(function (step) { return step <= aim * 1.000001; });
    ruler.style.width = metres / ground * pixels + "px";
    ruler.firstChild.textContent = metres >= 1000 ? metres / 1000 + " km" : +metres.toPrecision(3) + " m";
  }
  function swipe(percent) {
    view.swipe = Math.min(Math.max(percent, 0), 100);
    viewer.style.setProperty("--x", view.swipe + "%");
    edge.setAttribute("aria-valuenow", Math.round(view.swipe));
  }
  function zoom(factor, px, py) { // about a point of the viewer, in shares of its size
    var x = view.x + px * width / view.k, y = view.y + py * height / view.k;
    view.k = Math.min(Math.max(view.k * factor, 1), most);
    view.x = x - px * width / view.k;
    view.y = y - py * height / view.k;
    show();
  }
  function focus(left, top, right, bottom, share) { // so that the box fills about this share of the viewer
    var w = Math.max(right - left, 4), h = Math.max(bottom - top, 4);
    view.k = Math.min(Math.max(1, share * Math.min(width / w, height / h)), most);
    view.x = (left + right) / 2 - width / view.k / 2;
    view.y = (top + bottom) / 2 - height / view.k / 2;
    show();
  }
  function whole() { view.k = 1; show(); }
  function toViewer() {
    var box = viewer.getBoundingClientRect();
    if (box.top < 0 || box.top > innerHeight * 0.6) viewer.scrollIntoView({ block: "start" });
  }

  // Pointers: dragging moves the edge, or the view once zoomed in; two fingers zoom; a click chooses an object.
  var pointers = new Map(), drag = null;
  function at(event) {
    var box = viewer.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }
  viewer.addEventListener("pointerdown", function (event) {
    if (event.button || event.target.closest("button")) return;
    var p = at(event), onEdge = event.target === edge;
    pointers.set(event.pointerId, p);
    drag = { start: p, last: p, moved: false, edge: onEdge || view.k <= 1.001, shape: event.target.closest("[data-object]") };
    if (onEdge) edge.focus({ preventScroll: true });
  });
  window.addEventListener("pointermove", function (event) {
    if (!drag || !pointers.has(event.pointerId)) return;
    var p = at(event), others = Array.from(pointers.entries()).filter(function (entry) { return entry[0] !== event.pointerId; });
    if (others.length) {
      var other = others[0][1], old = pointers.get(event.pointerId);
      var before = Math.hypot(old.x - other.x, old.y - other.y), now = Math.hypot(p.x - other.x, p.y - other.y);
      if (before > 0.01) zoom(now / before, (p.x + other.x) / 2, (p.y + other.y) / 2);
      drag.moved = true;
    } else {
      if (Math.hypot((p.x - drag.start.x) * viewer.clientWidth, (p.y - drag.start.y) * viewer.clientHeight) > 5) drag.moved = true;
      if (drag.moved && drag.edge) swipe(p.x * 100);
      else if (drag.moved) {
        view.x -= (p.x - drag.last.x) * width / view.k;
        view.y -= (p.y - drag.last.y) * height / view.k;
        show();
      }
      drag.last = p;
    }
    pointers.set(event.pointerId, p);
  });
  function release(event) {
    if (!pointers.delete(event.pointerId) || !drag || pointers.size) return;
    if (event.type === "pointerup" && !drag.moved) {
      var shape = drag.shape || nearest(at(event));
      if (shape) choose(shape.dataset.object, false);
      else if (drag.edge) swipe(at(event).x * 100);
    }
    drag = null;
  }
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  viewer.addEventListener("dragstart", function (event) { event.preventDefault(); });
  viewer.addEventListener("dblclick", function (event) { if (!event.target.closest("button")) { var p = at(event); zoom(2, p.x, p.y); } });
  viewer.addEventListener("wheel", function (event) { // with Ctrl, as pinching a touchpad gives; else the page scrolls
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    var p = at(event);
    zoom(Math.exp(-event.deltaY * 0.006), p.x, p.y);
  }, { passive: false });
  function nearest(p) { // a row whose object is within twelve screen pixels: small ones are hard to hit
    var x = view.x + p.x * width / view.k, y = view.y + p.y * height / view.k, unit = width / view.k / viewer.clientWidth;
    var best = null, least = 12;
    rows.forEach(function (row) {
      var box = row.dataset.box.split(" ").map(Number);
      var far = Math.hypot(Math.max(box[0] - x, 0, x - box[2]), Math.max(box[1] - y, 0, y - box[3])) / unit;
      if (far < least && row.offsetParent) { least = far; best = row; }
    });
    return best;
  }
  edge.addEventListener("keydown", function (event) {
    var steps = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
    if (event.key in steps) { swipe(view.swipe + steps[event.key]); event.preventDefault(); }
  });
  document.getElementById("zoom-in").addEventListener("click", function () { zoom(1.6, 0.5, 0.5); });
  document.getElementById("zoom-out").addEventListener("click", function () { zoom(1 / 1.6, 0.5, 0.5); });
  document.getElementById("zoom-all").addEventListener("click", whole);

  // Objects: list and image choose the same one.
  var rows = Array.from(document.querySelectorAll("tr[data-object]")), chosen = null;
  function choose(number, near) {
    var row = rows.find(function (item) { return item.dataset.object === number; });
    var shape = document.getElementById("object-" + number);
    rows.forEach(function (item) { item.classList.toggle("on", item === row); });
    lit.setAttribute("d", shape ? shape.getAttribute("d") : "");
    chosen = number;
    if (!row) { status.textContent = shape ? shape.textContent + "." : idle; return; }
    status.textContent = "";
    var name = document.createElement("b"), cells = row.cells;
    name.textContent = "Object " + number + ": " + cells[1].textContent;
    status.append(name, ", " + cells[3].textContent + ", " + cells[4].textContent + " confidence" + (row.dataset.at ? ", at " + row.dataset.at : "") + ".");
    if (near) {
      focus.apply(null, row.dataset.box.split(" ").map(Number).concat(0.3));
      swipe(row.dataset.way === "appeared" ? Math.min(view.swipe, 12) : Math.max(view.swipe, 88)); // the date that shows it
      toViewer();
      return;
    }
    var list = row.closest(".scroll");
    list.scrollTop = row.offsetTop - list.clientHeight / 2;
  }
  function drop() {
    chosen = null;
    lit.setAttribute("d", "");
    status.textContent = idle;
    rows.forEach(function (item) { item.classList.remove("on"); });
  }
  rows.forEach(function (row) {
    row.addEventListener("click", function () {
      if (chosen === row.dataset.object) { drop(); whole(); } else choose(row.dataset.object, true);
    });
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { drop(); whole(); } });
  document.querySelectorAll("[data-window]").forEach(function (button) {
    button.addEventListener("click", function () {
      var box = button.dataset.window.split(" ").map(Number);
      focus(box[0], box[1], box[0] + box[2], box[1] + box[3], 0.9);
      toViewer();
    });
  });

  function toggles(box, name, shown) {
    function apply() { page.classList.toggle(name, box.checked === shown); }
    box.addEventListener("change", apply);
    apply();
  }
  ["mask", "outlines", "zones"].forEach(function (part) {
    var box = document.getElementById("show-" + part);
    if (box) toggles(box, "no-" + part, false);
  });
  toggles(document.getElementById("show-grid"), "show-grid", true);
  document.querySelectorAll("[data-kind]").forEach(function (box) { toggles(box, "no-" + box.dataset.kind, false); });
  window.addEventListener("resize", show);
  swipe(50);
  show();
})();
