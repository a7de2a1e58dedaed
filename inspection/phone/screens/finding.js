// 问题面板: one finding, opened in place under its item. Every keystroke is kept; nothing here asks to be saved.

import { codes, html, t } from '../words.js';
import { photoButtons, photoStrip } from './camera.js';

const SEVERITIES = ['general', 'serious', 'critical'];
const DAYS = [0, 3, 7, 15, 30];

export const severityOf = (finding, item) => finding.severity || item?.severity || 'general';

const isLowered = (finding, item) =>
  Boolean(finding.severity && item?.severity && SEVERITIES.indexOf(finding.severity) < SEVERITIES.indexOf(item.severity));

/** `at`: code~id of the finding, which every field of it carries. */
function fields(finding, item, at) {
  const text = (name, label, more = {}) => html`
    <label class="field"><span>${label}</span>${more.long
      ? html`<textarea data-on="finding" data-at="${at}" data-name="${name}" maxlength="4000">${finding[name]}</textarea>`
      : html`<input data-on="finding" data-at="${at}" data-name="${name}" maxlength="${more.most || 500}" ${more.number && html`inputmode="numeric"`} value="${finding[name]}">`}</label>`;
  const choice = (name, value, label, pressed) => html`
    <button type="button" data-do="set" data-at="${at}" data-name="${name}" data-value="${value}" aria-pressed="${String(pressed)}">${label}</button>`;
  const severity = severityOf(finding, item);
  const days = finding.due_days ?? item?.due_days ?? 15;
  return html`
    <p class="label" id="phrases-${at}">${t('finding.phrases')}</p>
    <div class="chips line" role="group" aria-labelledby="phrases-${at}">
      ${codes('phrase').map((code) => html`<button type="button" data-do="phrase" data-at="${at}" data-phrase="${code}">${t(`phrase.${code}`)}</button>`)}
    </div>
    ${text('fact', t('finding.fact'), { long: true })}
    <div class="pair place">${text('place', t('finding.place'))}${text('quantity', t('finding.quantity'), { number: true, most: 7 })}</div>
    <p class="label">${t('finding.severity')}</p>
    <div class="chips" role="group" aria-label="${t('finding.severity')}">
      ${SEVERITIES.map((code) => choice('severity', code, t(`severity.${code}`), severity === code))}
    </div>
    ${isLowered(finding, item) && html`<p class="hint">${t('finding.lowered', { severity: t(`severity.${item.severity}`) })}</p>${text('severity_reason', t('finding.severity_reason'))}`}
    <p class="label">${t('finding.days')}</p>
    <div class="chips" role="group" aria-label="${t('finding.days')}">
      ${[...new Set([...DAYS, days])].sort((a, b) => a - b).map((count) => choice('due_days', count, count ? t('finding.days_count', { count }) : t('finding.days_now'), days === count))}
    </div>
    <p class="label">${t('finding.responsible')}</p>
    <div class="chips" role="group" aria-label="${t('finding.responsible')}">
      ${['institution', 'department'].map((kind) => choice('responsible', kind, t(`finding.responsible_${kind}`), finding.responsible.kind === kind))}
    </div>
    ${finding.responsible.kind === 'department' && html`
      <label class="field"><span>${t('finding.department')}</span><input data-on="finding" data-at="${at}" data-name="department" maxlength="128" value="${finding.responsible.name}"></label>`}`;
}

const forbidden = (item) => item?.photo === 'forbidden';

function photosPart(draftId, finding, item, at, photos) {
  if (forbidden(item)) return html`<p class="note-box">${t('photo.forbidden')}</p>`;
  return html`
    <p class="label">${t(item?.photo === 'required' ? 'finding.photos_required' : 'finding.photos')}</p>
    ${photoButtons(`finding~${at}`)}
    ${photoStrip(draftId, `finding~${at}`, finding.photos, photos)}`;
}

function fixedPart(draftId, finding, item, at, photos) {
  return html`
    <label class="check"><input type="checkbox" data-on="fixed" data-at="${at}" ${finding.fixed && 'checked'}>${t('finding.fixed')}</label>
    ${finding.fixed && html`
      <label class="field"><span>${t('finding.fixed_note')}</span><textarea data-on="finding" data-at="${at}" data-name="fixed_note" maxlength="4000">${finding.fixed.note}</textarea></label>
      ${!forbidden(item) && html`<p class="label">${t('finding.after_photo')}</p>${photoButtons(`fixed~${at}`, { hint: false })}
        ${photoStrip(draftId, `fixed~${at}`, finding.fixed.photos, photos)}`}`}`;
}

/** All findings of a part. `item` is null for a hazard that is on no list. */
export const findingPanels = (draftId, part, item, photos) => html`
  ${part.findings.map((finding, index) => {
    const at = `${part.code}~${finding.id}`;
    return html`<section class="finding" aria-label="${item ? item.code : finding.fact || t('finding.other')} ${t('finding.title', { number: index + 1 })}">
      <div class="row"><h4>${t('finding.title', { number: index + 1 })}</h4>
        <button type="button" class="plain" data-do="drop-finding" data-at="${at}">${t('finding.remove')}</button></div>
      ${photosPart(draftId, finding, item, at, photos)}
      ${fields(finding, item, at)}
      ${fixedPart(draftId, finding, item, at, photos)}
    </section>`;
  })}
  ${item && html`<button type="button" class="plain wide" data-do="add-finding" data-code="${part.code}">${t('finding.another')}</button>`}`;

/** A finding with one of its fields changed. */
export function changed(finding, name, value) {
  if (name === 'responsible') return { ...finding, responsible: { ...finding.responsible, kind: value } };
  if (name === 'department') return { ...finding, responsible: { ...finding.responsible, name: value } };
  if (name === 'fixed') return { ...finding, fixed: value ? finding.fixed || { note: '', photos: [] } : null };
  if (name === 'fixed_note') return { ...finding, fixed: { ...finding.fixed, note: value } };
  if (name === 'due_days') return { ...finding, due_days: Number(value) };
  return { ...finding, [name]: value };
}

/** A quick phrase goes behind what is written already. */
export const withPhrase = (finding, phrase) => ({ ...finding, fact: finding.fact ? `${finding.fact}；${phrase}` : phrase });
