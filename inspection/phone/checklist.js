// What answers mean: which items apply, which answers are malformed, missing or odd, and which fail. The same rules as
// checklists/engine.py, on a checklist's document; dates are 'YYYY-MM-DD'. Any value may stand in for an answer's.
// A fault `{pointer, code, params}` is a reason to refuse, a flag `{code, pointer}` a remark.

export const KNOWN_FLAGS = Object.freeze([
  'boarding',
  'canteen',
  'external_meal',
  'school_bus',
  'nap',
  'outsourced',
  'prior_round',
  'body_contact',
  'off_site',
  'foreign_staff',
  'one_to_one',
]);
export const NUMBER_ATTRIBUTES = Object.freeze(['guards_required', 'playback_days_required']);
export const NA = 'na';
export const NA_REASONS = Object.freeze(['no_such_facility', 'stage', 'not_checked']);
export const LARGEST_NUMBER = 1_000_000_000;
export const FIRST_DATE = '1990-01-01';
export const LAST_DATE = '2100-01-01';

const PASSES = 'passes';
const FAILS = 'fails';
const UNKNOWN = 'unknown';
const DATE = /^(?!0000)([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const DAY_MS = 86_400_000;

/** All items in document order. */
export const items = (checklist) => checklist.sections.flatMap((section) => section.items);

/** Whether any attribute that the item names is true; an item that names none always applies. */
export const applies = (item, attributes) =>
  item.applies_when.length === 0 || item.applies_when.some((flag) => own(attributes, flag) === true);

/**
 * The outcome for one submission: `{faults, flags, failing}`, each in the order of the checklist. `attributes`: the
 * merged ones; `answers`: as sent, well-shaped but for `value`; `terms`: first and last days; `sections`: the declared
 * ones, null for all; `answeredElsewhere`: codes of items that another submission of the visit answered.
 */
export function evaluate(
  checklist,
  attributes,
  answers,
  inspectedOn,
  terms = [],
  sections = null,
  answeredElsewhere = [],
) {
  const known = new Set(items(checklist).map((item) => item.code));
  const sectionCodes = new Set(checklist.sections.map((section) => section.code));
  const declared = sections ? new Set(sections) : sectionCodes;
  const elsewhere = new Set(answeredElsewhere);
  const circumstances = { attributes, numbers: numbersOf(checklist, answers), inspectedOn, terms };
  const outcome = { faults: [], flags: [], failing: [] };
  const refuse = (pointer, code, params) => outcome.faults.push({ pointer, code, params });

  (sections || []).forEach((section, index) => {
    if (!sectionCodes.has(section)) refuse(pointerTo('sections', index), 'unknown_section', { section });
  });
  for (const item of Object.keys(answers)) {
    if (!known.has(item)) refuse(pointerTo('answers', item), 'unknown_item', { item });
  }
  for (const section of checklist.sections) {
    for (const item of section.items) {
      const pointer = pointerTo('answers', item.code);
      const answer = own(answers, item.code);
      if (item.red_line === 'R1') {
        if (answer) refuse(pointer, 'red_line_r1', { item: item.code });
      } else if (answer) {
        if (!declared.has(section.code) && item.red_line !== 'R2') {
          refuse(pointer, 'section_not_declared', { item: item.code, section: section.code });
        }
        if (examine(item, answer, circumstances, outcome) === FAILS) outcome.failing.push(item.code);
      } else if (declared.has(section.code) && applies(item, attributes) && !elsewhere.has(item.code)) {
        outcome.flags.push({ code: 'answer_missing', pointer });
      }
    }
  }
  return outcome;
}

/**
 * What one answer's rule says of any value: 'passes', 'fails', 'unknown' where what it compares with is absent, or
 * `{fault: {code, params}}`. `circumstances`: `{attributes, numbers, inspectedOn, terms}`.
 */
export function verdict(item, value, circumstances) {
  if (value === NA) return PASSES;
  const fault = malformed(item.answer, value);
  return fault ? { fault } : judge(item.answer, value, circumstances);
}

/** The numbers answered, by item: what `equals_item` compares with. */
export function numbersOf(checklist, answers) {
  const numbers = {};
  for (const { code, answer } of items(checklist)) {
    const value = own(answers, code)?.value;
    if (answer.type === 'number' && !malformed(answer, value)) numbers[code] = value;
  }
  return numbers;
}

/** How many days after one date, up to and including another, lie in a term; with no terms every day counts. */
export function termDays(after, until, terms) {
  const [from, to] = [dayNumber(after), dayNumber(until)];
  if (terms.length === 0) return Math.max(to - from, 0);
  let days = 0;
  let countedTo = from;
  for (const [first, last] of terms.map((term) => term.map(dayNumber)).sort(([a], [b]) => a - b)) {
    const start = Math.max(first, countedTo + 1);
    const end = Math.min(last, to);
    if (start <= end) {
      days += end - start + 1;
      countedTo = end;
    }
  }
  return days;
}

/** The value of a key that the object itself has: no answer is found under 'constructor'. */
function own(object, key) {
  return Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
}

const pointerTo = (...parts) =>
  parts.map((part) => `/${String(part).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');

/** Days since 1970-01-01, in no time zone; NaN where there is no such day. */
function dayNumber(text) {
  const [, year, month, day] = (DATE.exec(text) || []).map(Number);
  const moment = Date.UTC(year, month - 1, day);
  return new Date(moment).getUTCMonth() === month - 1 ? moment / DAY_MS : NaN; // 30 February would be in March
}

/** Why a value, "na" aside, is no answer: `{code, params}`, or null. */
function malformed(answer, value) {
  const fault = (code, params = {}) => ({ code, params });
  if (typeof value !== (answer.type === 'number' ? 'number' : 'string')) {
    return fault('wrong_type', { expected: answer.type });
  }
  if (answer.type === 'number') {
    if (!Number.isFinite(value)) return fault('number_not_finite');
    if (value < 0) return fault('number_negative');
    if (answer.unit === 'percent' && value > 100) return fault('percentage_over_100');
    return value > LARGEST_NUMBER ? fault('number_too_large', { limit: LARGEST_NUMBER }) : null;
  }
  if (answer.type === 'date') {
    if (Number.isNaN(dayNumber(value))) return fault('date_malformed');
    const possible = value >= FIRST_DATE && value <= LAST_DATE;
    return possible ? null : fault('date_out_of_range', { first: FIRST_DATE, last: LAST_DATE });
  }
  const choices = answer.type === 'yes_no' ? ['yes', 'no'] : answer.choices;
  return choices && !choices.includes(value) ? fault('not_a_choice', { choices: [...choices, NA] }) : null;
}

const passing = (passes) => (passes ? PASSES : FAILS);

/** What the rule says of a value that is an answer; a fault where a part is larger than its whole. */
function judge({ type, ok }, value, circumstances) {
  if (type === 'yes_no') return passing(value === 'yes');
  if (Array.isArray(ok)) return passing(ok.includes(value));
  if (!ok) return PASSES;
  if (type === 'date') return passing(datePasses(ok, value, circumstances));
  const verdicts = Object.keys(ok).map((kind) => compare(kind, ok[kind], value, circumstances));
  const fault = verdicts.find((said) => said.fault);
  return fault || [FAILS, PASSES].find((said) => verdicts.includes(said)) || UNKNOWN;
}

function datePasses(rule, day, { inspectedOn, terms }) {
  if ('within_term_days' in rule) return termDays(day, inspectedOn, terms) <= rule.within_term_days;
  return dayNumber(inspectedOn) - dayNumber(day) <= rule.within_days;
}

function compare(kind, bound, value, { attributes, numbers }) {
  let limit = bound;
  if (kind === 'min_attribute') limit = own(attributes, bound);
  if (kind === 'equals_item') limit = own(numbers, bound);
  if (limit === undefined || limit === null) return UNKNOWN;
  if (kind === 'max') return passing(value <= limit);
  if (kind === 'min' || kind === 'min_attribute') return passing(value >= limit);
  if (kind === 'equals_item' && value > limit) {
    return { fault: { code: 'percentage_over_100', params: { item: bound } } };
  }
  return passing(value === limit);
}

/** The verdict on one answer; what is to be said of it goes into the outcome. */
function examine(item, answer, circumstances, outcome) {
  const at = (...parts) => pointerTo('answers', item.code, ...parts);
  const refuse = (pointer, code, params = {}) => outcome.faults.push({ pointer, code, params });
  const flag = (code, pointer) => outcome.flags.push({ code, pointer });
  const { value, reason } = answer;
  const findings = answer.findings || [];

  if (!applies(item, circumstances.attributes)) flag('item_not_applicable', at());
  if (value !== NA) {
    if (reason !== undefined && reason !== null) refuse(at('reason'), 'reason_not_expected');
  } else if (!NA_REASONS.includes(reason)) {
    refuse(at('reason'), 'na_reason_missing', { choices: [...NA_REASONS] });
  } else if (reason === 'not_checked') {
    flag('not_checked', at('reason'));
  }

  let said = verdict(item, value, circumstances);
  if (said.fault) {
    refuse(at('value'), said.fault.code, said.fault.params);
  } else if (item.answer.type === 'date' && value !== NA && value > circumstances.inspectedOn) {
    flag('future_date', at('value'));
  }
  if (said === UNKNOWN) {
    flag('rule_not_evaluated', at('value'));
    if (findings.length) said = FAILS; // without a rule the inspector's own finding decides
  }
  if (said === PASSES && findings.length) refuse(at('findings'), 'findings_on_passing');
  if (item.photo === 'forbidden') {
    for (const path of photoPaths(answer)) refuse(at(...path), 'photo_forbidden', { item: item.code });
  }
  if (said === FAILS && item.photo === 'required' && !hasPhotoOfProblem(answer)) flag('photo_missing', at('photos'));
  return said;
}

const hasPhotoOfProblem = (answer) =>
  [answer, ...(answer.findings || [])].some((holder) => (holder.photos || []).some(Boolean));

/** Paths to every photo of an answer: its own, its findings' and those of what was fixed on the spot. */
function photoPaths(answer) {
  const holders = [[answer, []]];
  (answer.findings || []).forEach((finding, index) => {
    holders.push([finding, ['findings', index]]);
    holders.push([finding.fixed_on_the_spot || {}, ['findings', index, 'fixed_on_the_spot']]);
  });
  return holders.flatMap(([{ photos }, path]) => (photos || []).map((_, index) => [...path, 'photos', index]));
}

// What in a lead's words may point to one child: a hint while somebody types, never more. The server has the same rules.

const HINTS = [
  ['identity_number', /(^|\D)\d{17}[\dX](?!\d)/i],
  ['phone_number', /(^|\D)(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?!\d)/],
  ['class_named', /[\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\d]+\u5e74\u7ea7|[\u521d\u9ad8][\u4e00\u4e8c\u4e09]|([\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\d]+\)?|[\u5927\u4e2d\u5c0f\u6258])\u73ed|\b(class|grade)\s*\d/i],
  ['person_named', /\u59d3\u540d|\u540d\u5b57|\u540d\u53eb|\u53eb\u505a|(^|[^\u558a\u547c\u5c16\u543c\u60e8\u568e\u5927])\u53eb[\u4e00-\u9fff]{2}|[Nn]amed\s+[A-Z]/],
];

/** Digits that belong together, whatever stands between them. */
const joined = (text) => text.replace(/(\d)[ \u00b7.]+(?=\d)/g, '$1').replace(/(\d)-(?=\d{4}(\D|$)|\d{4}-)/g, '$1');

/** Codes of the hints at a person that a text holds. */
export const identifying = (text) => {
  const plain = joined(text.normalize('NFKC'));
  return HINTS.filter(([, pattern]) => pattern.test(plain)).map(([code]) => code);
};
