// The service worker: keeps the client's own files, all of one version, and touches nothing else.
// VERSION and FILES ([path, integrity]) stand above, written by the server.
const KEPT = 'phone-';
const CACHE = KEPT + VERSION;
const ROOT = new URL('./', self.location).pathname;
const OWN = new Set(FILES.map(([path]) => ROOT + path));

// each file must be the one of this version: a mixture fails, and is tried again later
const fetched = async (mode) => {
  const wanted = FILES.map(([path, integrity]) => new Request(ROOT + path, { integrity, cache: mode }));
  await (await caches.open(CACHE)).addAll(wanted);
};

self.addEventListener('install', (event) => {
  // what the browser has of an earlier version, or of the page just loaded, need not come again
  event.waitUntil(fetched('no-cache').catch(() => fetched('reload')));
});

self.addEventListener('activate', (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(KEPT) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin || !OWN.has(url.pathname)) return;
  const kept = async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(url.pathname)) || fetch(event.request);
  };
  event.respondWith(kept());
});

// an update waits until somebody asks for it, or until no page of the client is open any more
self.addEventListener('message', (event) => {
  if (event.data === 'take over') self.skipWaiting();
});
