import { short, sizeOf, slices, stateOf, type MapPoint, type State } from "./points.ts";

/** A form for each state, so that nobody needs to tell colours apart. */
const SIGNS: Readonly<Record<State, string>> = {
  free: "M8.5 12.5l2.5 2.5 5-6", // a tick
  taken: "M13 6.5l-4.5 6.5h3.5l-1 4.5 4.5-6.5H12z", // a flash
  out_of_order: "M9 9l6 6M15 9l-6 6", // a cross
  unknown: "M9.6 9.8a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M12 16.4v.1", // a question
};
const SVG = "http://www.w3.org/2000/svg";

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function picture(size: number, ...parts: SVGElement[]): SVGElement {
  const svg = shape("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" });
  svg.append(...parts);
  return svg;
}

function ring(point: MapPoint): SVGElement[] {
  const radius = 10.2;
  const around = 2 * Math.PI * radius;
  return slices(point.counts).map(({ state, begin, end }) =>
    shape("circle", {
      class: `map-ring map-${state}`, cx: 12, cy: 12, r: radius, fill: "none", "stroke-width": 3.2,
      "stroke-dasharray": `${(end - begin) * around} ${around}`, "stroke-dashoffset": -begin * around, transform: "rotate(-90 12 12)",
    }));
}

/** Draws a point into its button: one place as a sign, several as a ring with their number. */
export function drawPoint(button: HTMLButtonElement, point: MapPoint, label: string, isChosen: boolean): void {
  const size = sizeOf(point);
  const state = stateOf(point.counts);
  button.type = "button";
  button.tabIndex = -1; // with the keyboard one goes through the list beside the map, which holds the same
  button.className = `maplibregl-marker map-point map-${state} ${point.places === 1 ? "map-single" : "map-cluster"}${isChosen ? " map-chosen" : ""}`;
  button.setAttribute("aria-label", label);
  button.title = label;
  if (point.places === 1) {
    button.replaceChildren(picture(size, shape("circle", { class: "map-disc", cx: 12, cy: 12, r: 11 }), shape("path", { class: "map-sign", d: SIGNS[state] })));
    return;
  }
  const number = document.createElement("span");
  number.textContent = short(point.places);
  button.replaceChildren(picture(size, shape("circle", { class: "map-hole", cx: 12, cy: 12, r: 11.8 }), ...ring(point)), number);
}
