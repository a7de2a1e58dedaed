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
