// What the desk's pages do beyond HTML. Without it everything still works but the enlarged photo.

// A second click while the first is on its way does nothing (and would do nothing at the server either).
document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.method !== 'post') return
  if (form.dataset.sent) {
    event.preventDefault()
    return
  }
  form.dataset.sent = 'yes'
  form.setAttribute('aria-busy', 'true')
})
// Whoever comes back with the browser's own button may send again.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent
    form.removeAttribute('aria-busy')
  }
})

// On a narrow screen the places are a row that scrolls: the one that is open is in sight.
document.querySelector('.places [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })

// What is wrong is said first to those who listen, and where it stands.
document.getElementById('refused')?.focus()

// A photo in its full size above the page; Escape, a click or a key closes it.
const dialog = document.createElement('dialog')
dialog.className = 'zoom'
const picture = document.createElement('img')
const close = document.createElement('button')
close.type = 'button'
close.className = 'btn btn-light'
close.textContent = '×'
close.setAttribute('aria-label', document.documentElement.lang === 'en' ? 'Close' : '关闭')
dialog.append(close, picture)
document.body.append(dialog)
dialog.addEventListener('click', () => dialog.close())
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-zoom]')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !dialog.showModal) return
  event.preventDefault()
  const small = link.querySelector('img')
  picture.src = link.href
  picture.alt = small ? small.alt : ''
  dialog.setAttribute('aria-label', picture.alt)
  dialog.showModal()
})

// Fields that belong to one choice alone are hidden while another is chosen: data-when="name=value value2".
function follow(form) {
  for (const part of form.querySelectorAll('[data-when]')) {
    const [name, values] = part.dataset.when.split('=')
    const chosen = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].find(
      (one) => one.checked || one.tagName === 'SELECT'
    )
    part.hidden = !chosen || !values.split(' ').includes(chosen.value)
  }
}
for (const form of document.forms) {
  follow(form)
  form.addEventListener('change', () => follow(form))
}

// A ready-made reason fills the words, which stay to be changed: data-fill is the id of the field.
document.addEventListener('change', (event) => {
  const from = event.target.closest('select[data-fill]')
  if (!from || !from.value) return
  const field = document.getElementById(from.dataset.fill)
  field.value = field.value.trim() ? `${field.value.trim()}\n${from.value}` : from.value
  field.focus()
})

// Words that were typed and not sent are kept while the tab is open, for their writer alone: leaving a page loses none.
const writer = document.body.dataset.user || ''
const mark = `draft:${writer}:`
const drafts = sessionStorage
for (const key of Object.keys(drafts)) if (key.startsWith('draft:') && !key.startsWith(mark) && writer) drafts.removeItem(key)
const place = (field) => `${mark}${location.pathname}:${field.form.querySelector('[name=form]').value}:${field.name}`
const isKept = (field) =>
  field.form && field.form.method === 'post' && field.name && !field.name.startsWith('was.') &&
  field.form.querySelector('[name=form]') && (field.tagName === 'TEXTAREA' || field.type === 'text')
if (writer) {
  const sent = drafts.getItem(`${mark}sent`)
  drafts.removeItem(`${mark}sent`)
  // what was sent and not refused is done: its words are needed no longer
  if (sent && !document.getElementById('refused')) {
    for (const key of Object.keys(drafts)) if (key.startsWith(sent)) drafts.removeItem(key)
  }
  for (const field of document.querySelectorAll('textarea, input[type=text]')) {
    if (!isKept(field)) continue
    const kept = drafts.getItem(place(field))
    if (kept !== null && field.value === field.defaultValue && !document.getElementById('refused')) {
      field.value = kept
      const folded = field.closest('details')
      if (folded && kept.trim() && kept !== field.defaultValue) folded.open = true
    }
  }
  document.addEventListener('input', (event) => {
    if (!isKept(event.target)) return
    try {
      drafts.setItem(place(event.target), event.target.value)
    } catch (full) {
      // a tab without room keeps the words on the page alone
      console.info('draft not kept', full.name)
    }
  })
  document.addEventListener('submit', (event) => {
    const name = event.target.querySelector('[name=form]')
    if (name) drafts.setItem(`${mark}sent`, `${mark}${location.pathname}:${name.value}:`)
    if (event.target.getAttribute('action') === '/sign-out') {
      for (const key of Object.keys(drafts)) if (key.startsWith('draft:')) drafts.removeItem(key)
    }
  })
}
