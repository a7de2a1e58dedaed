// IndexedDB. One database for what the phone's people share (who is signed in), one for each person:
// nobody sees or sends what is another's. Steps of a schema only add; nothing is ever made anew.

/** The phone's storage is full: nothing of what was to be kept is kept. */
export class StorageFull extends Error {}

/** There is no storage to be had, as in some private windows. */
export class NoStorage extends Error {}

/** Another page has brought the storage to a newer version: this page is to be opened again. */
export class NewerVersion extends Error {}

const SHARED = [(db) => db.createObjectStore('settings')];

const OWN = [
  (db) => {
    db.createObjectStore('settings');
    for (const [name, key] of [
      ['institutions', 'id'],
      ['assignments', 'id'],
      ['checklists', ['code', 'version']],
      ['calendar', 'year'],
      ['problems', 'id'],
      ['details', 'id'],
      ['notices', 'id'],
      ['messages', 'id'],
      ['pictures', 'sha256'],
      ['drafts', 'id'],
      ['parts', ['draft', 'code']],
      ['photos', ['draft', 'sha256']],
      ['blobs', ['draft', 'sha256']],
      ['outbox', 'id'],
      ['bodies', 'id'],
    ]) {
      db.createObjectStore(name, { keyPath: key });
    }
  },
  (db) => db.createObjectStore('leads', { keyPath: 'id' }),
];

const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** What a system does to a connection behind the page's back; opening it again helps. */
const isLost = (error) => !error || ['InvalidStateError', 'UnknownError', 'AbortError'].includes(error.name);

function meant(error) {
  if (error?.name === 'QuotaExceededError') return new StorageFull(error.message);
  if (error?.name === 'VersionError') return new NewerVersion(error.message);
  return error || new NoStorage('aborted');
}

class Database {
  #name;
  #steps;
  #opening = null;

  constructor(name, steps) {
    this.#name = name;
    this.#steps = steps;
  }

  #open() {
    if (this.#opening) return this.#opening;
    const opening = new Promise((resolve, reject) => {
      let request;
      try {
        request = indexedDB.open(this.#name, this.#steps.length);
      } catch (error) {
        reject(new NoStorage(String(error)));
        return;
      }
      request.onupgradeneeded = (event) => {
        for (const step of this.#steps.slice(event.oldVersion)) step(request.result, request.transaction);
      };
      request.onerror = () => reject(request.error?.name === 'VersionError' ? meant(request.error) : new NoStorage(String(request.error)));
      request.onsuccess = () => {
        const db = request.result;
        const forget = () => {
          if (this.#opening === opening) this.#opening = null;
        };
        db.onclose = forget;
        db.onversionchange = () => {
          db.close();
          forget();
        };
        resolve(db);
      };
    });
    this.#opening = opening;
    opening.catch(() => {
      this.#opening = null;
    });
    return opening;
  }

  /** Run `body` with the stores named, in one transaction: all of it is kept or nothing. It may await only what the
   * stores give it, and may run twice where the connection was lost. Its result, once that is safe. */
  async work(names, mode, body, durability = 'strict') {
    try {
      return await this.#work(names, mode, body, durability);
    } catch (error) {
      if (!isLost(error)) throw meant(error);
      this.#opening = null;
      try {
        return await this.#work(names, mode, body, durability);
      } catch (again) {
        throw meant(again);
      }
    }
  }

  async #work(names, mode, body, durability) {
    const db = await this.#open();
    const transaction = db.transaction(names, mode, { durability });
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = (event) => event.preventDefault();
      transaction.onabort = () => reject(transaction.error);
    });
    done.catch(() => {});
    const stores = {};
    for (const name of [].concat(names)) {
      const store = transaction.objectStore(name);
      stores[name] = {
        get: (key) => answered(store.get(key)),
        all: (range) => answered(store.getAll(range)),
        keys: (range) => answered(store.getAllKeys(range)),
        count: (range) => answered(store.count(range)),
        put: (value, key) => answered(key === undefined ? store.put(value) : store.put(value, key)),
        remove: (key) => answered(store.delete(key)),
        clear: () => answered(store.clear()),
      };
    }
    let result;
    try {
      result = await body(stores);
    } catch (error) {
      try {
        transaction.abort();
      } catch (_) {
        // it has ended already
      }
      throw error;
    }
    await done;
    return result;
  }

  get(name, key) {
    return this.work(name, 'readonly', (s) => s[name].get(key));
  }

  all(name, range) {
    return this.work(name, 'readonly', (s) => s[name].all(range));
  }

  put(name, value, key) {
    return this.work(name, 'readwrite', (s) => s[name].put(value, key));
  }

  remove(name, key) {
    return this.work(name, 'readwrite', (s) => s[name].remove(key));
  }
}

/** Keys of the form [first, …] with this first part. */
export const startingWith = (first) => IDBKeyRange.bound([first], [first, []]);

export const shared = new Database('inspection', SHARED);

const SLAB = 48 * 1024;
const SLABS = 90;

/**
 * How the last page came to its end: `whole`, or `cut` where the browser was killed or has it open still, or `wiped`
 * where the storage has been thrown away since. From now on this page is open. Its end is noted where it can be:
 * IndexedDB takes nothing any more by then.
 */
export async function lastEnd() {
  const name = String(Math.random());
  const ended = localStorage.getItem('ended');
  if (ended === null) localStorage.setItem('ended', '');
  window.addEventListener('pagehide', () => localStorage.setItem('ended', name));
  window.addEventListener('pageshow', ({ persisted }) => persisted && localStorage.setItem('ended', ''));
  const begin = async (s) => {
    const last = await s.settings.get('page');
    await s.settings.put(name, 'page');
    if (!last) return ended === null ? 'whole' : 'wiped';
    return last === ended ? 'whole' : 'cut';
  };
  return shared.work('settings', 'readwrite', begin, 'relaxed');
}

/**
 * After a cut. Chromium keeps IndexedDB in a log: a browser that is killed in mid-writing leaves half a record at its
 * end, the next one writes on behind it, and the one after that finds the log damaged and throws everything away, in
 * silence. So much written at once makes it close that log and begin another.
 */
export async function beginNewLog() {
  for (let count = 0; count < SLABS; count += 1) {
    const slab = crypto.getRandomValues(new Uint8Array(SLAB));
    await shared.work('settings', 'readwrite', (s) => s.settings.put(slab, 'slab'), 'relaxed');
  }
  await shared.remove('settings', 'slab');
}

let own = null;

/** From now on `mine()` is this person's. */
export function openFor(personId) {
  own = personId ? new Database(`inspection-${personId}`, OWN) : null;
}

export function mine() {
  if (!own) throw new NoStorage('nobody is signed in');
  return own;
}
