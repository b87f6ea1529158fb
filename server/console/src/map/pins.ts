import type { Map as StreetMap } from "maplibre-gl";
import { STATE_COLOURS, UNKNOWN_STATE_COLOUR } from "../app/theme";
import { markOf } from "../parts/marks";

const SIZE_PX = 30;
const RATIO = 2;

/** The name under which the map keeps the pin of a category in a state. */
export function pinName(category: string, state: string): string {
  return `pin:${category}:${state}`;
}

function draw(category: string, state: string): ImageData {
  const side = SIZE_PX * RATIO;
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d");
  if (pen === null) throw new Error("this browser has no 2D canvas");
  pen.scale(RATIO, RATIO);
  pen.beginPath();
  pen.arc(SIZE_PX / 2, SIZE_PX / 2, SIZE_PX / 2 - 2, 0, 2 * Math.PI);
  pen.fillStyle = STATE_COLOURS[state] ?? UNKNOWN_STATE_COLOUR;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = "#ffffff";
  pen.stroke();
  pen.translate(SIZE_PX / 2 - 8.5, SIZE_PX / 2 - 8.5);
  pen.scale(17 / 24, 17 / 24);
  pen.lineWidth = 2.2;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.stroke(new Path2D(markOf(category)));
  return pen.getImageData(0, 0, side, side);
}

/** Draws each pin the first time that the map asks for it. */
export function drawPinsOnDemand(map: StreetMap): void {
  map.setMissingStyleImageResolver((id) => {
    const [kind, category, state] = id.split(":");
    if (kind === "pin" && category !== undefined && state !== undefined && !map.hasImage(id)) {
      map.addImage(id, draw(category, state), { pixelRatio: RATIO });
    }
  });
}
