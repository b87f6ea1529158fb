/** What somebody looks for: the number of a case or a work order, a work order by its id, or a page of the console. */
export type Sought = { number: number } | { order: string } | { page: string };

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const CASE = new RegExp(`(?:/cases/|[?&]case=)(${UUID})`, "i");
const ORDER = new RegExp(`(?:/work/|[?&]order=)(${UUID})`, "i");
const REPORT = /\/report\/([\w-]{43})(?![\w-])/;
const NUMBER = /^\D*(\d{1,15})\D*$/;

/**
 * What words that were typed or pasted look for, null where they tell of nothing. An address of the console leads to what
 * it shows. A number may be spaced, in full width, with a sign or a word before or behind it.
 */
export function soughtIn(words: string): Sought | null {
  const plain = words.normalize("NFKC");
  const [, id] = CASE.exec(plain) ?? [];
  if (id !== undefined) return { page: `/cases/${id.toLowerCase()}` };
  const [, order] = ORDER.exec(plain) ?? [];
  if (order !== undefined) return { order: order.toLowerCase() };
  const [, token] = REPORT.exec(plain) ?? [];
  if (token !== undefined) return { page: `/report/${token}` };
  const [, digits] = NUMBER.exec(plain.replace(/[\s,]/g, "")) ?? [];
  return digits === undefined ? null : { number: Number(digits) };
}
