/**
 * Lets a phone open the console without a network: it keeps the built files of one version, and gives the page itself from
 * them where the server does not answer. Nothing that is personal passes through it: what is no built file of this version,
 * the interface and every picture of a place among it, it leaves to the browser.
 */
const worker = globalThis as unknown as ServiceWorkerGlobalScope;
/** Filled in by the build: the files, each but the page (`./`) named by its content, and a name of them all together. */
declare const FILES: string[];
declare const VERSION: string;

const PREFIX = "console-";
const PATIENCE_MS = 4_000;
const PAGE = worker.registration.scope;
const addresses = new Set(FILES.map((name) => new URL(name, PAGE).href));
const kept = () => caches.open(PREFIX + VERSION);

worker.addEventListener("install", (event) => event.waitUntil(keepAll()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const [address] = request.url.split(/[?#]/);
  if (request.method !== "GET" || !addresses.has(address ?? "")) return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

/** All or none: where one file does not come, this version is not taken, and the browser tries again at the next visit. */
async function keepAll(): Promise<void> {
  await (await kept()).addAll(FILES);
  await worker.skipWaiting();
}

/** The newest version that is kept whole serves every open page; what older ones kept goes. */
async function takeOver(): Promise<void> {
  const older = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + VERSION);
  await Promise.all(older.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** The server's page, so that a new version is seen at once; the kept one where none comes within 4 s. */
async function page(request: Request): Promise<Response> {
  const asked = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS, undefined));
  const answer = await Promise.race([asked, late]).catch(() => undefined);
  if (answer !== undefined && answer.status < 500) return answer;
  return (await (await kept()).match(PAGE)) ?? asked;
}

async function file(request: Request): Promise<Response> {
  return (await (await kept()).match(request)) ?? fetch(request);
}
