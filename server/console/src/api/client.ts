import createClient from "openapi-fetch";
import { hearServersTime } from "../format/clock";
import { Problem, problemOf } from "./problem";
import type { paths } from "./schema";

/** The server's API. The session rides in a cookie that scripts cannot read. */
export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });

/** What was asked and not answered for so long is not going to be: the phone lay in a lift, the line is another one now. */
const PATIENCE_MS = 30_000;

api.use({
  onRequest: ({ request }) =>
    request.method === "GET" ? new Request(request, { signal: AbortSignal.timeout(PATIENCE_MS) }) : undefined,
});

// What a browser kept of an answer tells of when it was given, not of now.
api.use({
  onResponse: ({ response: { headers } }) => {
    const said = Date.parse(headers.get("Date") ?? "");
    if (!Number.isNaN(said) && headers.get("Cache-Control") === "no-store") hearServersTime(said);
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What the server answered; raises Problem for a refusal or where no answer came. */
export async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (error) {
    throw new Problem(0, "unreachable", error instanceof Error ? error.message : String(error));
  }
  if (!answer.response.ok) throw problemOf(answer.response.status, answer.error);
  return answer.data as T;
}
