/** A UUIDv7 (RFC 9562, 5.7): the milliseconds, then chance. `crypto.randomUUID` is there on pages with TLS only. */
export function newId(now_ms: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint32(0, Math.floor(now_ms / 2 ** 16));
  new DataView(bytes.buffer).setUint16(4, now_ms % 2 ** 16);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The milliseconds at which a UUIDv7 was made. */
export const madeAt = (id: string): number => parseInt(id.replaceAll("-", "").slice(0, 12), 16);

/** What only its holder can know: 256 bits of chance in base64url, 43 characters. */
export function newToken(): string {
  const chance = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)));
  return btoa(chance).replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}
