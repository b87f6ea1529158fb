import { answered, api } from "../api/client";
import { Problem } from "../api/problem";
import type { Reported } from "../api/types";
import { NOBODY, type UnsentReport } from "./shelf";

/** From here on the server takes a phone's place for none. */
const TOO_ROUGH_M = 200;

/** What the server takes for a phone number. */
const NUMBER = /^\+?[0-9]{5,15}$/;

/** The number to send, without the blanks and dashes that people write; empty for none, null where it is no number. */
export function phoneToSend(written: string): string | null {
  const number = written.replace(/[\s-]/g, "");
  return number === "" || NUMBER.test(number) ? number : null;
}

/** The place to send: what was pointed out, else the phone's where that is sure enough, else none. */
export function placeToSend({ place, pinned }: Pick<UnsentReport, "place" | "pinned">) {
  if (pinned !== null) return pinned;
  return place === null || place.accuracy_m > TOO_ROUGH_M ? null : place;
}

/** Sends a report, as an inspector who is signed in or as somebody whom nobody knows; see `sendAfterPhoto`. */
export async function sendReport(one: UnsentReport): Promise<Reported> {
  const body = { body: { file: "", category: "", datum: "wgs84" as const, language: one.language }, bodySerializer: () => form(one) };
  const asked = one.person_id === NOBODY ? api.POST("/api/reports", body) : api.POST("/api/inspections", body);
  const reported: Reported | undefined = await answered(asked);
  if (reported?.token !== one.token) throw new Problem(0, "unreachable", "");
  return reported;
}

function form(one: UnsentReport): FormData {
  const parts = new FormData();
  parts.set("token", one.token);
  parts.set("file", new Blob([one.photo], { type: one.media_type }), "report");
  parts.set("category", one.category ?? "");
  parts.set("language", one.language);
  const number = phoneToSend(one.phone);
  if (number !== null && number !== "") parts.set("phone", number);
  const place = placeToSend(one);
  if (place !== null) {
    parts.set("lat", String(place.lat));
    parts.set("lon", String(place.lon));
    parts.set("accuracy_m", String(place.accuracy_m));
  }
  return parts;
}
