// Start, routes, and what stands around every screen: where one is, the network, what waits, the red button.

import * as api from './api.js';
import { beginNewLog, lastEnd, mine, NewerVersion, NoStorage, openFor, shared, StorageFull } from './db.js';
import { expectedPhoto, Finished, forgetExpected, NoRoom } from './draft.js';
import * as outbox from './outbox.js';
import { Unusable } from './photo.js';
import * as account from './screens/account.js';
import * as camera from './screens/camera.js';
import * as finish from './screens/finish.js';
import * as home from './screens/home.js';
import * as inspection from './screens/inspection.js';
import * as lead from './screens/lead.js';
import * as notices from './screens/notices.js';
import * as problem from './screens/problem.js';
import * as queue from './screens/queue.js';
import * as rectify from './screens/rectify.js';
import * as task from './screens/task.js';
import * as sync from './sync.js';
import { dateOf, html, language, preferredLanguage, t, timeText, useLanguage, useZoneOf } from './words.js';

const TICK_MS = 15000;
const REFRESH_MS = 600000;
const INSPECTORS = ['edu_inspector', 'proc_inspector', 'specialist'];

/** Route → what shows it. `calm`: nothing is offered there that could interrupt. `red`: the red button stands there.
 * `asks`: it says itself that one is signed out. */
const ROUTES = [
  [/^$/, home.show, {}],
  [/^new$/, task.choose, {}],
  [/^new\/([^/]+)$/, task.showPlace, { red: true }],
  [/^task\/([^/]+)$/, task.showTask, { red: true }],
  [/^check\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/, inspection.show, { calm: true, red: true }],
  [/^mark\/([^/]+)\/(.+)$/, camera.showMark, { calm: true, red: true }],
  [/^finish\/([^/]+)$/, finish.showSummary, { calm: true, red: true }],
  [/^opinion\/([^/]+)$/, finish.showOpinion, { calm: true }],
  [/^sign\/([^/]+)\/([^/]+)$/, finish.showSignature, { calm: true }],
  [/^queue$/, queue.show, {}],
  [/^entry\/([^/]+)$/, queue.showEntry, {}],
  [/^problem\/([^/]+)$/, problem.show, {}],
  [/^rectify\/([^/]+)$/, rectify.show, { calm: true }],
  [/^notices$/, notices.showNotices, {}],
  [/^notice\/([^/]+)$/, notices.showNotice, {}],
  [/^inbox$/, notices.showInbox, {}],
  [/^me$/, account.showMe, {}],
  [/^signin$/, account.showSignIn, { asks: true }],
  [/^red$/, task.showRed, { calm: true }],
  [/^lead(?:\/([^/]+))?$/, lead.show, { calm: true }],
];

const root = document.getElementById('app');
let session = null;
let cleanup = null;
let signedOut = false;
let registration = null;
let wiped = false;
let shownNow = 0;
let logFault = null;

/** What screens are given beside their own place in the page. */
export const app = {
  get me() {
    return session?.user;
  },
  get isUnit() {
    return session ? session.user.roles.some((role) => role.role === 'unit') : false;
  },
  get isInspector() {
    return session ? session.user.roles.some((role) => INSPECTORS.includes(role.role)) : false;
  },
  get registration() {
    return registration;
  },
  get isSignedOut() {
    return signedOut;
  },
  /** Whether the browser has thrown away what was here. */
  get isWiped() {
    return wiped;
  },
  today: () => dateOf(api.serverNow()),
  go(path, { replace = false } = {}) {
    const target = `#/${path}`;
    if (replace) window.location.replace(target);
    else if (window.location.hash === target) route();
    else window.location.hash = target;
  },
  back: () => window.history.back(),
  again: () => route(),
  say,
  mount,
  redraw,
  wire,
  signIn,
  signOut,
  useLanguage: async (chosen) => {
    await shared.put('settings', chosen, 'language');
    speak(chosen);
    route();
  },
  refresh,
  watchRefresh,
};

/** Put what a template made into an element. */
function mount(element, content) {
  element.innerHTML = String(content || '');
}

/** Child → what it was when it was drawn. */
const drawn = new WeakMap();

/** Draw anew what is there already. Each child that reads as before stays where it is: a finger may be on it, and what
 * was opened or typed in it is kept. */
function redraw(element, content) {
  const fresh = document.createElement('template');
  mount(fresh, content);
  const before = [...element.children];
  const children = [...fresh.content.children].map((one) => {
    const at = before.findIndex((other) => drawn.get(other)?.isEqualNode(one));
    drawn.set(one, one.cloneNode(true));
    return at < 0 ? one : before.splice(at, 1)[0];
  });
  for (const gone of [...element.childNodes]) if (!children.includes(gone)) gone.remove();
  let place = element.firstElementChild;
  for (const child of children) {
    if (child === place) place = place.nextElementSibling;
    else element.insertBefore(child, place);
  }
}

/** Actions of a screen by the name in `data-do` (clicks) or `data-on` (input). They get element and event.
 * `data-follow`: a link that is followed as well, as to the telephone. */
function wire(element, actions, inputs = {}) {
  element.addEventListener('click', (event) => {
    const target = event.target.closest('[data-do]');
    if (!target || !element.contains(target) || !actions[target.dataset.do]) return;
    if (target.tagName === 'FORM') return;
    if (target.dataset.follow === undefined) event.preventDefault();
    run(() => actions[target.dataset.do](target, event));
  });
  // the change of a text field comes when it is left: what is drawn then would swallow the tap that left it
  element.addEventListener('input', (event) => {
    const target = event.target.closest('[data-on]');
    if (target && inputs[target.dataset.on]) run(() => inputs[target.dataset.on](target, event));
  });
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = event.target.dataset.do;
    if (actions[name]) run(() => actions[name](event.target, event));
  });
}

async function run(action) {
  try {
    await action();
  } catch (error) {
    complain(error);
  }
}

/** What went wrong in the user's words: what happened, what is safe, what to do. */
function complain(error) {
  if (error instanceof StorageFull) say(t('trouble.full'), true);
  else if (error instanceof NoRoom) say(t('trouble.no_room'), true);
  else if (error instanceof Unusable) say(t(error.code), true);
  else if (error instanceof NewerVersion) say(t('trouble.newer_version'), true);
  else if (error instanceof NoStorage) say(t('trouble.no_storage'), true);
  else if (error instanceof Finished) say(t('trouble.finished'), true);
  else if (error instanceof api.NoNetwork) say(t('trouble.no_network'), true);
  else if (error instanceof sync.NotTold) say(error.message, true);
  else {
    console.error(error);
    say(t('trouble.unexpected', { what: String(error?.message || error) }), true);
  }
}

let saying = null;

/** `ms`: how long it stands there, if nothing else is said. */
function say(text, isTrouble = false, ms = isTrouble ? 12000 : 4000) {
  const place = document.getElementById('say');
  if (!place) return;
  place.className = isTrouble ? 'trouble' : '';
  place.textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => {
    place.textContent = '';
  }, ms);
}

// ── what stands around the screen ────────────────────────────────────────────────────────────────────────────────

const TABS = [
  ['', 'tab.home', 'M4 11 12 4l8 7v9h-5v-6H9v6H4z'],
  ['queue', 'tab.queue', 'M12 19V6m-6 6 6-6 6 6'],
  ['inbox', 'tab.inbox', 'M4 6h16v12H4zm0 1 8 6 8-6'],
  ['me', 'tab.me', 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 8a7 7 0 0 1 14 0'],
];

function frame(path, about) {
  const isTab = TABS.some(([target]) => target === path);
  const tabs = session && isTab && html`
    <nav class="tabs" aria-label="${t('tab.all')}">
      ${TABS.map(([target, text, shape]) => html`
        <a href="#/${target}" ${target === path && html`aria-current="page"`}>
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="${shape}"/></svg>${t(text)}<span class="count" data-count="${target || 'home'}" hidden></span></a>`)}
    </nav>`;
  mount(root, html`
    <header class="top">
      ${session && !isTab ? html`<button class="back" data-do="back" aria-label="${t('app.back')}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="m15 5-7 7 7 7"/></svg></button>` : html`<span class="back"></span>`}
      <h1 id="title"></h1>
      ${about.red && app.isInspector ? html`<a class="red" href="#/red">${t('red.button')}</a>` : html`<span class="back"></span>`}
    </header>
    <aside aria-label="${t('strip.label')}">
      ${session && html`<a class="strip" href="#/queue" id="strip">${t('strip.unknown')}</a>`}
      <div id="notices-above"></div>
    </aside>
    <main id="screen" tabindex="-1"></main>
    ${tabs}
    <div id="say" role="status" aria-live="polite"></div>`);
}

/** The screen's title; it also becomes the heading that a reader hears first. */
export function titled(text) {
  const title = document.getElementById('title');
  if (title) title.textContent = text;
}

app.titled = titled;

async function strip() {
  const place = document.getElementById('strip');
  if (!place || !session) return;
  let waiting = [];
  let leads = 0;
  let syncedAt = null;
  let unread = 0;
  try {
    waiting = (await outbox.entries()).filter(outbox.unsent);
    leads = (await lead.unsentLeads()).length;
    syncedAt = await sync.setting('synced_at');
    unread = (await mine().all('messages')).filter((one) => !one.read_at && !one.read_here).length;
  } catch (error) {
    complain(error);
  }
  const asked = waiting.filter((one) => outbox.stateOf(one) === 'attention').length;
  const network = api.online.known === null ? 'strip.unknown' : api.online.known ? 'strip.online' : 'strip.offline';
  const left = waiting.length + leads;
  const state = asked ? 'attention' : left ? 'waiting' : api.online.known ? 'fine' : 'unreached';
  place.className = `strip ${state}`;
  redraw(place, html`<span>${t(network)}</span>
    <span>${left ? t('strip.waiting', { count: left }) : t('strip.nothing')}${outbox.isSending() && waiting.length ? ` · ${t('strip.sending')}` : ''}</span>
    <span>${syncedAt ? t('strip.synced', { time: dateOf(syncedAt) === app.today() ? timeText(syncedAt) : dateOf(syncedAt).slice(5) }) : t('strip.never')}</span>`);
  count('queue', left);
  count('inbox', unread);
}

function count(tab, number) {
  const place = root.querySelector(`[data-count="${tab}"]`);
  if (!place) return;
  place.hidden = !number;
  place.textContent = number > 99 ? '99+' : String(number);
}

/** What is to be known above every screen: signed out, another version, a clock that is wrong. */
function above(about) {
  const place = document.getElementById('notices-above');
  if (!place) return;
  const behind = api.newest.version && api.newest.version !== api.VERSION;
  const minutes = Math.round(api.clock.offset / 60000);
  redraw(place, html`
    ${session && signedOut && !about.asks && html`<p class="notice trouble">${t('app.signed_out')} <a href="#/signin">${t('app.sign_in_again')}</a></p>`}
    ${!about.calm && registration?.waiting && html`<p class="notice">${t('app.update')} <button data-do="update">${t('app.update_now')}</button></p>`}
    ${!about.calm && behind && !registration?.waiting && html`<p class="notice">${t('app.old')}</p>`}
    ${session && logFault && html`<p class="notice trouble">${t('app.log_fault', logFault)}</p>`}
    ${api.clock.measured && Math.abs(minutes) > 5 && html`<p class="notice">${t('app.clock', { minutes: Math.abs(minutes) })}</p>`}`);
}

const parsed = () => decodeURIComponent(window.location.hash.replace(/^#\/?/, ''));

async function route() {
  const path = parsed();
  const turn = (shownNow += 1);
  if (cleanup) cleanup();
  if (session && turn > 1) forgetExpected().catch(() => {});
  cleanup = null;
  if (!session && path !== 'signin') {
    app.go('signin', { replace: true });
    return;
  }
  for (const [pattern, show, about] of ROUTES) {
    const found = pattern.exec(path);
    if (!found) continue;
    frame(path, about);
    above(about);
    strip();
    app.about = about;
    const screen = document.getElementById('screen');
    try {
      const after = await show(screen, found.slice(1), app);
      if (turn === shownNow) cleanup = typeof after === 'function' ? after : null;
      else if (typeof after === 'function') after();
    } catch (error) {
      complain(error);
      if (turn === shownNow && !screen.innerHTML) mount(screen, html`<p class="empty">${t('trouble.not_shown')}</p>`);
    }
    if (turn === shownNow && !screen.contains(document.activeElement)) screen.focus({ preventScroll: true });
    return;
  }
  app.go('', { replace: true });
}

// ── who is signed in ─────────────────────────────────────────────────────────────────────────────────────────────

/** Nothing of the one person may still be under way when the next one begins. */
async function settle() {
  api.hangUp();
  await outbox.halt();
  await lead.settleLeads();
  await refreshing?.catch(() => {});
}

async function signIn(made) {
  await settle();
  const begun = { token: made.token, user: made.user, expires_at: made.expires_at };
  await shared.put('settings', begun, 'session');
  session = begun;
  signedOut = wiped = false;
  begin();
  outbox.goOn();
}

/** What was not sent stays for this person; what the day brought along goes. */
async function signOut() {
  await settle();
  try {
    await mine().work(['institutions', 'assignments', 'problems', 'details', 'pictures', 'notices', 'messages', 'settings'], 'readwrite', async (s) => {
      for (const name of ['institutions', 'assignments', 'problems', 'details', 'pictures', 'notices', 'messages']) await s[name].clear();
      for (const name of ['next', 'prepared_at', 'synced_at', 'finished']) await s.settings.remove(name);
    });
  } finally {
    await shared.remove('settings', 'session');
    session = null;
    api.useSession(null);
    openFor(null);
    app.go('signin', { replace: true });
  }
}

function begin() {
  api.useSession(session);
  openFor(session.user.id);
}

function speak(chosen) {
  useLanguage(chosen);
  api.acceptLanguage(language());
}

// ── what goes on by itself ───────────────────────────────────────────────────────────────────────────────────────

let refreshing = null;
let refreshedAt = 0;
const refreshWatchers = new Set();

/** Told after what is here was brought up to date; the returned function ends it. */
function watchRefresh(action) {
  refreshWatchers.add(action);
  return () => refreshWatchers.delete(action);
}

/** What changed meanwhile, where the server can be reached; true if it was told. `anew`: one that is under way may have
 * been answered too early for whoever asks now. */
async function refresh({ anew = false } = {}) {
  if (anew) await refreshing?.catch(() => {});
  refreshing ||= (async () => {
    try {
      const told = app.isUnit || app.isInspector ? await sync.fetchDay() : null;
      await knowLog();
      await sync.fetchMessages();
      if (app.isUnit) await sync.fetchUnit(told);
      refreshedAt = Date.now();
      for (const action of refreshWatchers) action();
      return true;
    } catch (error) {
      if (error instanceof api.NoNetwork) return false;
      if (error instanceof sync.NotTold && error.status === 401) return false;
      throw error;
    } finally {
      refreshing = null;
      strip();
    }
  })();
  return refreshing;
}

/** Whether the audit log was found to be another than it was. */
async function knowLog() {
  logFault = await sync.setting('log_fault');
  above(app.about || {});
}

let keptOffset = null;

/** How far the clock is off is known without a network too, from the last contact. */
function keepClock() {
  if (!session || (keptOffset !== null && Math.abs(keptOffset - api.clock.offset) < 2000)) return;
  keptOffset = api.clock.offset;
  sync.keepSetting('clock_offset', keptOffset).catch(() => {});
  if (api.newest.version && api.newest.version !== api.VERSION) registration?.update().catch(() => {});
}

/** Whether somebody has left or come in another page of the client. */
async function isOver() {
  const kept = await shared.get('settings', 'session').catch(() => session);
  return (kept?.token || null) !== (session?.token || null);
}

async function tick(hurried = false) {
  if (await isOver()) {
    window.location.reload();
    return;
  }
  if (!session || signedOut) return;
  await lead.sendLeads().catch(complain); // whatever is wrong with them, the others go
  strip();
  await (hurried ? outbox.hurry() : outbox.send());
  const old = api.online.known === false || Math.abs(Date.now() - refreshedAt) > REFRESH_MS;
  if (document.visibilityState === 'visible' && old) await refresh();
}

/** What one comes back to finds is what is stored, whoever changed it meanwhile. */
function awake() {
  if (document.visibilityState !== 'visible') return;
  run(() => tick(true));
  registration?.update().catch(() => {});
}

async function installWorker() {
  if (!navigator.serviceWorker) return;
  registration = await navigator.serviceWorker.register('sw.js', { updateViaCache: 'none' });
  if (!registration) return;
  above(app.about || {});
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', () => above(app.about || {}));
  });
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (app.updating) window.location.reload();
    else above(app.about || {});
  });
}

async function start() {
  if (!window.isSecureContext || !window.crypto?.subtle || !window.indexedDB) {
    speak(preferredLanguage());
    mount(root, html`<p class="start">${t('limits.insecure')}</p>`);
    return;
  }
  try {
    const [chosen, known] = await Promise.all([shared.get('settings', 'language'), shared.get('settings', 'session')]);
    speak(chosen || preferredLanguage());
    session = known || null;
  } catch (error) {
    speak(preferredLanguage());
    mount(root, html`<p class="start">${t(error instanceof NewerVersion ? 'trouble.newer_version' : 'limits.no_storage')}</p>`);
    return;
  }
  if (session) {
    begin();
    const settings = ['server_time', 'clock_offset', 'log_fault'].map((name) => sync.setting(name).catch(() => null));
    const [told, offset, fault] = await Promise.all(settings);
    logFault = fault;
    if (told) useZoneOf(told);
    api.clock.offset = offset || 0;
  }
  wire(document.body, {
    back: () => app.back(),
    update: () => {
      app.updating = true;
      registration.waiting.postMessage('take over');
    },
  });
  let wasAway = false;
  api.watch('contact', (answered) => {
    // what fails while the server can be reached is not to be hurried: it would be sent again without end
    if (answered && wasAway && session && !signedOut && !outbox.isSending()) run(outbox.hurry);
    wasAway = !answered;
    if (answered) keepClock();
    strip();
    above(app.about || {});
  });
  api.watch('signedOut', () => {
    if (!session) return;
    signedOut = true;
    outbox.pause();
    above(app.about || {});
  });
  const end = await lastEnd().catch(() => 'whole');
  if (end === 'cut') beginNewLog().catch(() => {});
  wiped = end === 'wiped';
  outbox.watchQueue(strip);
  outbox.watchArrivals(() => run(() => refresh({ anew: true })));
  window.addEventListener('hashchange', () => run(route));
  window.addEventListener('online', () => run(() => tick(true)));
  document.addEventListener('visibilitychange', awake);
  window.addEventListener('unhandledrejection', (event) => complain(event.reason));
  setInterval(() => run(() => tick()), TICK_MS);
  run(installWorker);
  const pending = session && (await expectedPhoto().catch(() => null));
  if (pending?.path && parsed() !== pending.path) window.history.replaceState(null, '', `#/${pending.path}`);
  await route();
  if (pending) {
    say(t('photo.lost'), true);
    await forgetExpected();
  }
  if (session) {
    run(() => outbox.forgetSent());
    run(() => tick(true));
  }
}

start();
