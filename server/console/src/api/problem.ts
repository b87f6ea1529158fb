/** A refusal of the server, or no answer at all (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly where: string | null = null,
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** The refusal in an answer's body; a body of another shape (a proxy's page) gives its status alone. */
export function problemOf(status: number, body: unknown): Problem {
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : null;
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    const where = "where" in error && typeof error.where === "string" ? error.where : null;
    return new Problem(status, String(error.code), String(error.message), where);
  }
  return new Problem(status, `http_${status}`, "");
}

/** Whether the server did not answer, or failed. */
export function isAway(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 500);
}

/** What keeps a screen from being shown. Where something is known, that the server cannot be reached now does not. */
export function inTheWay({ error, data }: { error: unknown; data: unknown }): unknown {
  return isAway(error) && data !== undefined ? null : error;
}
