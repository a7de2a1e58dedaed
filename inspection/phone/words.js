// Every text by code, how dates, times and sizes are said, and the template tag that puts them into a page. TEXTS stands
// above, written by the server.

let chosen = 'zh-CN';
let zone = 8 * 60;

export const LANGUAGES = ['zh-CN', 'en'];

/** The reader's language where nothing was chosen: English where it is preferred to Chinese, else Chinese. */
export function preferredLanguage(accepted = navigator.languages || [navigator.language || '']) {
  const first = accepted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === 'zh' || tag === 'en');
  return first === 'en' ? 'en' : 'zh-CN';
}

export function useLanguage(language) {
  chosen = LANGUAGES.includes(language) ? language : 'zh-CN';
  document.documentElement.lang = chosen;
  document.title = t('app.title');
}

export const language = () => chosen;

/** The text of a code such as `home.today`, its gaps filled; an unknown code shows itself, so that it is noticed. */
export function t(code, gaps = {}) {
  const [section, name] = code.split('.');
  const text = TEXTS[chosen]?.[section]?.[name];
  if (text === undefined) return code;
  return text.replace(/\{(\w+)\}/g, (_, gap) => (gaps[gap] === null || gaps[gap] === undefined ? '—' : gaps[gap]));
}

/** All codes of a section, in the order of the texts. */
export const codes = (section) => Object.keys(TEXTS[chosen]?.[section] || {});

/** Minutes east of Greenwich in which the server's dates are meant, as its own times say (`…+08:00`). */
export function useZoneOf(moment) {
  const found = /([+-])(\d\d):(\d\d)$/.exec(moment);
  if (found) zone = (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}

/** The civil date `YYYY-MM-DD` of a moment (milliseconds) in the server's zone. */
export const dateOf = (ms) => new Date(ms + zone * 60000).toISOString().slice(0, 10);

const utc = (day) => Date.parse(`${day}T00:00:00Z`);

export const daysBetween = (first, last) => Math.round((utc(last) - utc(first)) / 86400000);

export const addDays = (day, count) => new Date(utc(day) + count * 86400000).toISOString().slice(0, 10);

/** A date in words: 2026年3月1日（周日）. */
export function dayText(day) {
  if (!day) return '—';
  const [year, month, date] = day.split('-').map(Number);
  return t('date.day', { year, month, date, weekday: t(`date.weekday_${new Date(utc(day)).getUTCDay()}`) });
}

/** How far off a deadline is: 还剩 3 天, 今日到期, 逾期 2 天. */
export function dueText(due, today) {
  const left = daysBetween(today, due);
  if (left === 0) return t('date.today');
  return left > 0 ? t('date.left', { count: left }) : t('date.late', { count: -left });
}

const two = (number) => String(number).padStart(2, '0');

export function timeText(ms) {
  const moment = new Date(ms + zone * 60000);
  return `${two(moment.getUTCHours())}:${two(moment.getUTCMinutes())}`;
}

/** Characters that the server takes nowhere (control, turning of direction): they say nothing and are left out. */
const UNSENDABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;

export const sendable = (text) => text.replace(UNSENDABLE, '');

/** Month, day and time of a moment in milliseconds, or of an RFC 3339 text. */
export function momentText(moment) {
  const ms = typeof moment === 'number' ? moment : Date.parse(moment);
  if (Number.isNaN(ms)) return '—';
  const [, month, date] = dateOf(ms).split('-').map(Number);
  return t('date.moment', { month, date, time: timeText(ms) });
}

export function sizeText(bytes) {
  if (bytes >= 1073741824) return `${(bytes / 1073741824).toFixed(1)}\u00a0GB`;
  if (bytes >= 1048576) return `${(bytes / 1048576).toFixed(1)}\u00a0MB`;
  return `${Math.ceil(bytes / 1024)}\u00a0KB`;
}

/** What the device's clock says, with its own offset, as RFC 3339. */
export function deviceMoment(ms = Date.now()) {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60000).toISOString().slice(0, 19);
  const sign = offset < 0 ? '-' : '+';
  return `${local}${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
}

// A template tag that escapes every value; what it made itself, and lists of that, go in as they are.

class Html {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

/** null, undefined and false say nothing; so `${condition && html`…`}` reads well. */
function shown(value) {
  if (value === null || value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(shown).join('');
  return value instanceof Html ? value.text : escaped(value);
}

/** What stands at the end of a line that leads on. */
export const go = new Html('<span class="go" aria-hidden="true"><svg viewBox="0 0 24 24"><path d="m9 5 7 7-7 7"/></svg></span>');

export const html = (parts, ...values) =>
  new Html(parts.reduce((text, part, index) => text + shown(values[index - 1]) + part));
