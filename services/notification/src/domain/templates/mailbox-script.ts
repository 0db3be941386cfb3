/**
 * The mailbox page's script, as it runs in the browser. It writes mails as text and into the sandboxed frame only; the
 * frame's links open in a tab of their own. It asks every three seconds while the page is seen.
 */
export const mailboxScript = `
'use strict'
const byId = (id) => document.getElementById(id)
const state = { items: [], nextCursor: null, chosen: decodeURIComponent(location.hash.slice(1)), view: 'html', shown: null, older: false }

async function ask(cursor) {
  const query = new URLSearchParams({ limit: '50' })
  if (byId('to').value.trim()) query.set('to', byId('to').value.trim())
  if (cursor) query.set('cursor', cursor)
  const answer = await fetch(location.pathname + '?' + query, { headers: { accept: 'application/json' } })
  if (!answer.ok) throw new Error('answered ' + answer.status)
  return answer.json()
}

async function refresh() {
  const wanted = byId('to').value
  try {
    const page = await ask()
    if (wanted !== byId('to').value) return
    const fresh = new Set(page.items.map((item) => item.id))
    const known = state.items.some((item) => fresh.has(item.id))
    // Older pages stay as long as the newest one still joins them.
    const rest = state.older && known ? state.items.filter((item) => !fresh.has(item.id)) : []
    state.items = page.items.concat(rest)
    if (rest.length === 0) { state.nextCursor = page.nextCursor; state.older = false }
    tell(state.items.length + (state.nextCursor ? '+' : '') + (state.items.length === 1 ? ' mail' : ' mails'))
    draw()
  } catch (error) {
    tell('Not reachable, trying again', true)
  }
}

async function showOlder() {
  const page = await ask(state.nextCursor)
  state.items = state.items.concat(page.items)
  state.nextCursor = page.nextCursor
  state.older = true
  draw()
}

function tell(text, bad) {
  if (byId('state').textContent !== text) byId('state').textContent = text
  byId('state').className = bad ? 'bad' : ''
}

const at = (item) => new Date(item.createdAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })

function draw() {
  const list = byId('list')
  const key = state.items.map((item) => item.id).join() + state.chosen
  if (list.dataset.key !== key) {
    const focused = document.activeElement && document.activeElement.dataset.id
    list.dataset.key = key
    list.replaceChildren(...state.items.map(toEntry))
    if (focused) list.querySelector('[data-id="' + CSS.escape(focused) + '"]')?.focus()
  }
  byId('empty').hidden = state.items.length > 0
  byId('more').hidden = !state.nextCursor
  const item = state.items.find((candidate) => candidate.id === state.chosen)
  if (item) show(item)
  else if (!state.chosen) hide()
}

function toEntry(item) {
  const entry = document.createElement('li')
  const button = document.createElement('button')
  button.type = 'button'
  button.dataset.id = item.id
  button.setAttribute('aria-current', String(item.id === state.chosen))
  const add = (parent, tag, className, text) => {
    const node = document.createElement(tag)
    node.className = className
    node.textContent = text
    parent.append(node)
    return node
  }
  add(button, 'span', 'subject', item.subject)
  const line = add(button, 'span', 'line', '')
  add(line, 'span', 'to', item.to)
  add(line, 'time', '', at(item))
  button.addEventListener('click', () => { location.hash = item.id })
  entry.append(button)
  return entry
}

function show(item) {
  document.body.classList.add('reading')
  byId('mail').hidden = false
  byId('none').hidden = true
  if (state.shown === item.id) return
  state.shown = item.id
  byId('subject').textContent = item.subject
  byId('recipient').textContent = item.to
  byId('at').textContent = at(item)
  byId('event').textContent = item.eventId
  byId('html').srcdoc = item.html.replace('<head>', '<head><base target="_blank">')
  byId('text').textContent = item.text
}

function hide() {
  document.body.classList.remove('reading')
  byId('mail').hidden = true
  byId('none').hidden = false
  state.shown = null
}

function turnTo(view) {
  for (const name of ['html', 'text']) {
    byId(name).hidden = name !== view
    byId('tab-' + name).setAttribute('aria-selected', String(name === view))
  }
}

let typing
byId('to').addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(refresh, 200) })
byId('more').addEventListener('click', () => showOlder().catch(() => tell('Not reachable, trying again', true)))
byId('back').addEventListener('click', () => { location.hash = '' })
byId('tab-html').addEventListener('click', () => turnTo('html'))
byId('tab-text').addEventListener('click', () => turnTo('text'))
addEventListener('hashchange', () => { state.chosen = decodeURIComponent(location.hash.slice(1)); draw() })
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh() })
setInterval(() => { if (!document.hidden) refresh() }, 3000)
refresh()
`
