// What benchmarks/phone.py does inside the page; it stands there as `bench` before the client does. Times are in
// milliseconds. What is timed ends with a frame: the next one that the browser makes once the page has changed.
(() => {
  const HOME = '[data-do=prepare]';
  const PATIENCE = 60000;
  const MARK_BYTES = 64;
  const TO_A_FINDING = 4;
  const AT_ONCE = 2;
  const LONGEST_SIDE = 2560;
  const QUALITY = 0.85;

  const module = (name) => import(`/m/${name}.js`);

  /** The moment at which the next frame has been made. */
  const frame = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(performance.now());
        channel.port2.postMessage(null);
      });
    });

  /** What `find` finds, asked after every change of the page. */
  function appears(find) {
    const found = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`it did not come to ${find}`)), PATIENCE);
      const watcher = new MutationObserver(() => {
        const one = find();
        if (!one) return;
        watcher.disconnect();
        resolve(one);
      });
      watcher.observe(document, { childList: true, subtree: true });
    });
    found.catch(() => {});
    return found;
  }

  /** How long it takes to do it and to have it in a frame. */
  async function timed(action) {
    const began = performance.now();
    await action();
    return (await frame()) - began;
  }

  // ── a store of the bare limits' own ──────────────────────────────────────────────────────────────────────────────

  let opening = null;

  function bareStore() {
    opening ||= new Promise((resolve, reject) => {
      const request = indexedDB.open('bare', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('bare', { autoIncrement: true });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opening;
  }

  const put = (store, record, durability) =>
    new Promise((resolve, reject) => {
      const transaction = store.transaction('bare', 'readwrite', { durability });
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
      transaction.objectStore('bare').put(record);
    });

  // ── the page as it opens ─────────────────────────────────────────────────────────────────────────────────────────

  /** From the start of the navigation until the home screen stands in a frame. */
  const opened = appears(() => document.querySelector(HOME)).then(frame);
  opened.catch(() => {});

  const beginnings = () => document.querySelectorAll('a.card[href^="#/check/"]').length;

  /** From now on the worker gives this page instead of the client's own; with null, the client's own again. */
  async function swap(content) {
    const name = (await caches.keys()).find((one) => one.startsWith('phone-'));
    const [cache, aside] = [await caches.open(name), await caches.open('aside')];
    const own = (await aside.match('/m/')) || (await cache.match('/m/'));
    await aside.put('/m/', own.clone());
    const headers = { 'Content-Type': 'text/html; charset=utf-8' };
    await cache.put('/m/', content === null ? own : new Response(content, { headers }));
  }

  // ── what is stored ───────────────────────────────────────────────────────────────────────────────────────────────

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));

  /** The same photo with a mark of its own in what follows the picture: other bytes, same work. */
  function another(bytes, mark) {
    const made = bytes.slice();
    made.set(new TextEncoder().encode(mark.padEnd(MARK_BYTES)), made.length - MARK_BYTES);
    return made;
  }

  /** An open inspection of the institution of this name. */
  async function begin(name) {
    const [{ mine }, drafts, sync] = [await module('db'), await module('draft'), await module('sync')];
    const institution = (await mine().all('institutions')).find((one) => one.name === name);
    return drafts.startInspection({
      institution,
      assignment: null,
      checklist: await sync.checklist(drafts.KINDS[institution.kind]),
      mode: 'joint',
      sections: null,
      attributes: Object.fromEntries(Object.entries(institution.profile).filter(([, value]) => value === true)),
      participants: [],
      location: null,
    });
  }

  async function checklistOf(draft) {
    return (await module('sync')).checklist(draft.checklist.code, draft.checklist.version);
  }

  /** Items whose findings have photos of which a bounded copy is kept. */
  async function pictured(draft) {
    const { applies, items } = await module('checklist');
    const fits = (item) => item.answer.type === 'yes_no' && item.photo !== 'forbidden' && item.severity !== 'critical';
    return items(await checklistOf(draft)).filter((item) => fits(item) && applies(item, draft.attributes));
  }

  /** What a tap on 不符合 stores; the slot for photos of its finding. */
  async function fail(draft, item) {
    const drafts = await module('draft');
    const finding = { ...drafts.newFinding(), fact: item.text };
    const about = { kind: 'item', photos: [], note: '', reason: null };
    await drafts.changePart(draft.id, item.code, () => ({ ...about, value: 'no', findings: [finding] }));
    return `finding~${item.code}~${finding.id}`;
  }

  /** An inspection of this institution with so many photos all over its sections, kept by the client itself. Its id. */
  async function fill(name, base64, photos) {
    const [drafts, draft, base] = [await module('draft'), await begin(name), bytesOf(base64)];
    const items = await pictured(draft);
    const apart = (items.length * TO_A_FINDING) / photos;
    let slot = null;
    for (let made = 0; made < photos; made += 1) {
      if (made % TO_A_FINDING === 0) slot = await fail(draft, items[Math.floor((made / TO_A_FINDING) * apart)]);
      const file = new File([another(base, `${draft.id} ${made}`)], 'photo.jpg', { type: 'image/jpeg' });
      await drafts.addPhoto(draft.id, file, { source: 'camera' }, slot);
    }
    return draft.id;
  }

  // ── item to item ─────────────────────────────────────────────────────────────────────────────────────────────────

  const cardOf = (code) => document.getElementById(`card-${code}`);

  const buttonOf = (code, value) => cardOf(code).querySelector(`[data-do=answer][data-value=${value}]`);

  /** The items of the section shown that are answered by yes or no and are not yet, the dangers left out. */
  const unanswered = () =>
    [...document.querySelectorAll('#cards > .card')]
      .filter((card) => card.querySelector('[data-value=yes]') && !card.querySelector('[aria-pressed=true], .overdue'))
      .map((card) => card.id.replace('card-', ''));

  const isPressed = (code, value) => buttonOf(code, value).getAttribute('aria-pressed') === 'true';

  /** From the tap on an answer until it is stored and the card that shows it stands in a frame. */
  function answer(code, value) {
    const drawn = appears(() => isPressed(code, value));
    return timed(() => {
      buttonOf(code, value).click();
      return drawn;
    });
  }

  const partOf = async (draft, code) => (await module('db')).mine().get('parts', [draft, code]);

  const stored = async (draft, code) => (await partOf(draft, code))?.value;

  /** The same record put into a store, the same card written into the page. */
  async function bareAnswer(draft, code) {
    const [record, store, card] = [await partOf(draft, code), await bareStore(), cardOf(code)];
    const content = card.innerHTML;
    return timed(async () => {
      await put(store, record, 'relaxed');
      card.innerHTML = content;
    });
  }

  const title = () => document.querySelector('h2.section')?.textContent;

  /** From the tap on 下一节 until the next section stands in a frame. */
  function step() {
    const before = title();
    const drawn = appears(() => title() !== before);
    return timed(() => {
      document.querySelector('[data-do=step][data-by="1"]').click();
      return drawn;
    });
  }

  /** The same screen written into the page. */
  function bareStep() {
    const screen = document.querySelector('#screen > div');
    const content = screen.innerHTML;
    return timed(() => {
      screen.innerHTML = content;
    });
  }

  // ── a photo ──────────────────────────────────────────────────────────────────────────────────────────────────────

  let given = null;
  let chosenAt = null;
  let shown = null;

  document.addEventListener(
    'change',
    (event) => {
      if (event.target.type !== 'file') return;
      [given] = event.target.files;
      chosenAt = performance.now();
    },
    true,
  );

  const thumbs = () => document.querySelectorAll('#cards .photos img');

  /** The next photo is waited for: from the file chosen until its thumbnail stands in a frame. */
  function expect() {
    const before = thumbs().length;
    shown = appears(() => thumbs()[before]).then(async (image) => {
      await image.decode();
      return (await frame()) - chosenAt;
    });
    shown.catch(() => {});
  }

  const photographed = () => shown;

  /** How many photos of this inspection are kept whole: what is shown, and the bytes for the server. */
  async function kept(draft) {
    const [{ mine, startingWith }, { sha256 }] = [await module('db'), await module('photo')];
    const blobs = await mine().all('blobs', startingWith(draft));
    const photos = new Set((await mine().all('photos', startingWith(draft))).map((one) => one.sha256));
    const whole = await Promise.all(blobs.map(async (one) => (await sha256(one.bytes)) === one.sha256 && photos.has(one.sha256)));
    return whole.filter(Boolean).length;
  }

  /** The file that was chosen last: decoded, drawn smaller, encoded, hashed and put, and nothing else. */
  async function barePhoto() {
    const store = await bareStore();
    const began = performance.now();
    const image = new Image();
    image.src = URL.createObjectURL(given);
    await image.decode();
    const scale = LONGEST_SIDE / Math.max(image.naturalWidth, image.naturalHeight);
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.naturalWidth * scale, image.naturalHeight * scale];
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
    const bytes = await blob.arrayBuffer();
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    await put(store, { digest, bytes }, 'strict');
    return performance.now() - began;
  }

  // ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────

  async function finish(ids) {
    const [drafts, sync] = [await module('draft'), await module('sync')];
    for (const id of ids) await drafts.finishInspection(id, await checklistOf(await drafts.draft(id)), await sync.terms());
  }

  const discard = async (id) => (await module('draft')).discard(id);

  /** From the line's return until the last receipt is there; `patience` in ms. */
  async function drain(patience) {
    const outbox = await module('outbox');
    const empty = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('not everything was sent')), patience);
      const end = outbox.watchQueue(async () => {
        if ((await outbox.entries()).some(outbox.unsent)) return;
        end();
        resolve();
      });
    });
    const began = performance.now();
    window.dispatchEvent(new Event('online'));
    await empty;
    return performance.now() - began;
  }

  /** So many photos sent by plain requests, as many at once as the client sends. */
  async function bareDrain(base64, photos, token) {
    const { sha256 } = await module('photo');
    const base = bytesOf(base64);
    const bodies = Array.from({ length: photos }, (_, number) => another(base, `bare ${number}`));
    const paths = await Promise.all(bodies.map(async (body) => `/api/v1/photos/${await sha256(body)}`));
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'image/jpeg' };
    const sender = async () => {
      while (bodies.length) {
        const answer = await fetch(paths.pop(), { method: 'PUT', headers, body: bodies.pop() });
        if (answer.status !== 201) throw new Error(`${answer.status}`);
        await answer.arrayBuffer();
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
    return performance.now() - began;
  }

  self.bench = {
    opened, beginnings, swap, begin, pictured, fail, fill, unanswered, answer, bareAnswer, stored, step, bareStep,
    expect, photographed, kept, barePhoto, finish, discard, drain, bareDrain,
  };
})();
