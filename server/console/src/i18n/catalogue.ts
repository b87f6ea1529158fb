import en from "./en.json";
import zh from "./zh-CN.json";

export type Language = "zh-CN" | "en";
export type Key = keyof typeof zh;
export type Values = Readonly<Record<string, string | number>>;
/** What both catalogues must hold; a key that one of them lacks fails the build here. */
type Catalogue = Readonly<Record<Key, string>>;
type NoneBesides<T> = Exclude<keyof T, Key> extends never ? T : never;

const inEnglish: NoneBesides<typeof en> = en;

export const CATALOGUES: Readonly<Record<Language, Catalogue>> = { "zh-CN": zh, en: inEnglish };

/** The text of a key with its {placeholders} filled. A value that is not given leaves its placeholder standing. */
export function fill(catalogue: Catalogue, key: Key, values: Values = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text of a code that the server sends, such as `state.filed`; the bare code where no catalogue knows it. */
export function textOfCode(catalogue: Catalogue, family: string, code: string): string {
  const key = `${family}.${code}`;
  return key in catalogue ? catalogue[key as Key] : code;
}
