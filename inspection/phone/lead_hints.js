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
