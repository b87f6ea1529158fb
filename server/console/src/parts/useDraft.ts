import { useState } from "react";
import { useMe } from "../api/useMe";

const PREFIX = "steward.draft.";

/**
 * Words half-written about something, kept in this tab for the person who writes them, so that they are there again after
 * a session that ended or a reload. Written empty, they are forgotten.
 */
export function useDraft(about: string): [words: string, write: (words: string) => void] {
  const { data: me } = useMe();
  const key = `${PREFIX}${me?.id ?? ""}.${about}`;
  const [words, setWords] = useState(() => sessionStorage.getItem(key) ?? "");
  const write = (written: string) => {
    setWords(written);
    if (written === "") sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, written);
  };
  return [words, write];
}

/** Forgets the drafts of a person who signs out. */
export function forgetDrafts(person_id: string): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(`${PREFIX}${person_id}.`)) sessionStorage.removeItem(key);
}
