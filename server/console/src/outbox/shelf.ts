import { madeAt } from "../api/newId";
import type { Place } from "../parts/whereAmI";

const HOUR_MS = 3600_000;
/** A server takes a photo that is older than a day for none of what is there now. */
const REPORT_LIFE_MS = 24 * HOUR_MS;
const PHOTO_LIFE_MS = 14 * 24 * HOUR_MS;

/** Who is not signed in, and reports something. */
export const NOBODY = "nobody";

/** What waits on the phone to be sent, with its photo as it was taken: neither faces nor plates are filled yet. */
interface Waiting {
  /** Made on the phone as the photo was taken. */
  id: string;
  person_id: string;
  category: string | null;
  photo: ArrayBuffer;
  media_type: string;
  taken_at: string;
  /** Taken, and not yet looked at and sent off by the person: it is kept, and nobody sends it. */
  draft: boolean;
  /** Where the phone was when the photo was taken, as far as it said. */
  place: Place | null;
  /** What the server said where it did not take it, and will not if it is sent again as it is. */
  refused: { status: number; code: string; message: string } | null;
}

/** A photo of a result. Under its id the server counts it once, however often it is sent. */
export interface UnsentPhoto extends Waiting {
  order_id: string;
  order_number: number;
  category: string;
}

/** A report of a problem. Under its token, which only its reporter knows, the server counts it once and tells what became of it. */
export interface UnsentReport extends Waiting {
  token: string;
  /** What was pointed out on the map. */
  pinned: Place | null;
  /** As it was written. */
  phone: string;
  language: "zh-CN" | "en";
}

export type Unsent = UnsentPhoto | UnsentReport;
export type Change = Partial<Pick<UnsentReport, "draft" | "place" | "refused" | "category" | "pinned" | "phone" | "language">>;

/** One with a change made to it. */
export const changed = (one: Unsent, change: Change): Unsent => ({ ...one, ...change }) as Unsent;

export const isReport = (one: Unsent): one is UnsentReport => "token" in one;
export const isPhoto = (one: Unsent): one is UnsentPhoto => !isReport(one);

/** Until when it is kept: a photo of a result for 14 days, a report for 24 hours. */
export const endOf = (one: Unsent): number => madeAt(one.id) + (isReport(one) ? REPORT_LIFE_MS : PHOTO_LIFE_MS);

/** Where it lies; each call rejects where the place is full, or cannot be used. */
export interface Shelf {
  /** All of it, of everybody, the oldest first. */
  all: () => Promise<Unsent[]>;
  put: (one: Unsent) => Promise<void>;
  /** Changes one that lies there; one that does not, since it was sent or dropped meanwhile, does not come back. */
  amend: (id: string, change: Change) => Promise<void>;
  /** Also of what is not there. */
  drop: (id: string) => Promise<void>;
}

/** Forgets all with the page; it holds so many. */
export class MemoryShelf implements Shelf {
  private readonly kept = new Map<string, Unsent>();
  constructor(private readonly room = Infinity) {}

  all = async () => [...this.kept.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  put = async (one: Unsent) => {
    if (!this.kept.has(one.id) && this.kept.size >= this.room) throw new DOMException("full", "QuotaExceededError");
    this.kept.set(one.id, one);
  };
  amend = async (id: string, change: Change) => {
    const one = this.kept.get(id);
    if (one !== undefined) this.kept.set(id, changed(one, change));
  };
  drop = async (id: string) => void this.kept.delete(id);
}

const BASE = "steward";
const UNSENT = "unsent";

/** The browser's own store (IndexedDB): on this phone alone, there after a reload and after a restart. */
export class PhoneShelf implements Shelf {
  all = () => within<Unsent[]>("readonly", (shelf) => shelf.getAll());
  put = async (one: Unsent) => {
    await within("readwrite", (shelf) => shelf.put(one));
    // So that the browser does not clear it when the phone runs short of room. It may refuse; without TLS it has no such thing.
    void navigator.storage?.persist?.();
  };
  amend = async (id: string, change: Change) => {
    await within<Unsent | undefined>("readwrite", (shelf) => {
      const asked = shelf.get(id);
      asked.onsuccess = () => {
        if (asked.result !== undefined) shelf.put(changed(asked.result, change));
      };
      return asked;
    });
  };
  drop = (id: string) => within<undefined>("readwrite", (shelf) => shelf.delete(id));
}

async function within<T>(mode: IDBTransactionMode, ask: (shelf: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await opened();
  try {
    // Strict: kept means that it is on the phone's disk.
    const turn = base.transaction(UNSENT, mode, { durability: "strict" });
    const asked = ask(turn.objectStore(UNSENT));
    await new Promise<void>((resolve, reject) => {
      turn.oncomplete = () => resolve();
      turn.onabort = () => reject(turn.error);
    });
    return asked.result;
  } finally {
    base.close();
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(UNSENT, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
