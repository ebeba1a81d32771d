// Which screen is shown, and to whom? The address says which (#/sessions), the keeper of the tokens says whether to anybody.

import { cookieMode, cookiesWork, keeper, ours, setCookieMode } from './api.js'
import { config } from './config.js'
import { Refusal } from './http.js'
import { breakRefreshToken } from './oauth.js'
import { ago, find, make, say, sentence } from './parts.js'
import { screens } from './screens.js'
import { hear, tab, tabs } from './tabs.js'
import { fresh } from './token.js'

const main = find(document, 'main')
const notice = find(document, '#notice')
/** Screens as they were left, with what was typed there. @type {Map<string, HTMLElement>} */
const left = new Map()
/** Whose they are: what they hold is not for the next one. @type {string | undefined} */
let person
/** Which sign-in is shown. @type {string | number | undefined} */
let shown
// Only what was asked for last is shown.
let turn = 0

/** @param {string} [text] @param {string} [reason] what /errors explains */
function announce(text = '', reason) {
  notice.replaceChildren(text)
  if (reason) notice.append(' ', make('a', { href: `${config.server}/errors#${reason}` }, 'What does that mean?'))
}

/** @param {boolean} signedIn */
function frame(signedIn) {
  for (const part of document.querySelectorAll('[data-signed-in]')) part.toggleAttribute('hidden', !signedIn)
}

/** Puts a screen, or none, in the place of the one that is shown, in which no password stays. @param {...HTMLElement} screen */
function put(...screen) {
  for (const field of main.querySelectorAll('input')) if (field.type === 'password') field.value = ''
  main.replaceChildren(...screen)
}

/** @param {string} name @param {boolean} signedIn @param {boolean} move whether the focus goes there */
function show(name, signedIn, move) {
  frame(signedIn)
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${name === 'me' ? '' : name}`) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  let screen = left.get(name)
  if (!screen) {
    const template = /** @type {HTMLTemplateElement} */ (find(document, `template#${name}`))
    screen = make('div', {}, template.content.cloneNode(true))
    screens[name]?.made?.(screen)
    left.set(name, screen)
  }
  const title = find(screen, 'h1')
  title.tabIndex = -1
  document.title = `${title.textContent} · grantd`
  if (main.firstElementChild !== screen) put(screen)
  if (move) title.focus()
  return screen
}

/** Learns who signed in. */
async function meet() {
  const me = await ours('me')
  if (person !== me.id) left.clear()
  person = me.id
  shown = keeper.whose()
  find(document, '#person').textContent = me.username
  tick()
  return me
}

/** Shows what the address asks for. @param {boolean} [move] whether the focus goes there */
async function route(move = true) {
  const mine = (turn += 1)
  let name = location.hash.slice(2) || 'me'
  let signedIn = false
  let screen
  try {
    if (keeper.damaged()) return keeper.drop(new Refusal('What this browser kept of your sign-in is damaged.'))
    signedIn = await keeper.signedIn()
    if (turn !== mine) return
    // Somebody took the tokens away without a word.
    if (!signedIn && shown !== undefined) return keeper.drop()
    const me = signedIn && shown === undefined ? await meet() : undefined
    if (turn !== mine) return
    const open = name === 'sign-in' || name === 'sign-up'
    if (signedIn && open) return location.replace('#/')
    if (!signedIn && !open) name = 'sign-in'
    const known = Object.hasOwn(screens, name)
    screen = show(known ? name : 'nothing', signedIn, move)
    if (!known) return
    await screens[name].fill?.(screen, me)
    say(screen, '')
  } catch (error) {
    // Who was signed out has been told, and is shown where to sign in.
    if (turn === mine) say(screen ?? show('trouble', signedIn, move), sentence(error), route)
  }
}

hear((message) => {
  if (message.type === 'out') {
    const { why, reason, chosen } = message
    const known = shown !== undefined
    if (why || known) announce(`You are signed out. ${why ?? ''}`, reason)
    // Whoever chose to go leaves nothing behind. Who did not finds it again.
    if (chosen) left.clear()
    // A second word about the same.
    if (!known && main.firstElementChild) return
    // What is private goes at once, however long the server takes.
    shown = undefined
    frame(false)
    put()
    find(document, '#person').textContent = ''
    route()
  } else if (message.type === 'in') {
    shown = undefined
    announce()
    dress()
    route()
  }
})

// --- The access token, as one can watch it.

let notBefore = 0
let trouble = ''

/** Shows how long the token lives, and replaces it in time. Browsers slow the clock of a hidden page: each request looks for itself. */
async function tick() {
  const state = keeper.state()
  if (state) {
    const seconds = Math.max(0, Math.ceil((state.exp - Date.now()) / 1000))
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    find(document, '#left').textContent = seconds ? `${clock} left.` : 'It has run out.'
    const by = state.by === tab ? 'this tab' : `tab ${state.by}`
    const open = tabs() === 1 ? 'This tab' : `${tabs()} tabs open, this one`
    if (fresh(state)) trouble = ''
    find(document, '#renewed').textContent = `Got ${ago(state.when)} by ${by}. ${open} is called ${tab}. ${trouble}`
  } else if (keeper.damaged() || (shown !== undefined && !cookieMode())) {
    return route()
  }
  const waiting = main.firstElementChild === left.get('trouble')
  if ((!waiting && (!state || fresh(state))) || document.hidden || Date.now() < notBefore) return
  // Not again at once, if that fails.
  notBefore = Date.now() + 5000
  if (waiting) return route(false)
  trouble = await keeper.token().then(() => '', (error) => `${sentence(error)} You are still signed in.`)
  if (!trouble) notBefore = 0
}

setInterval(tick, 1000)
for (const moment of ['visibilitychange', 'online']) {
  addEventListener(moment, () => {
    notBefore = 0
    tick()
  })
}

// --- What stands around the screens.

/** @param {() => Promise<unknown>} job */
const attempt = (job) => () => job().catch((error) => announce(sentence(error)))

find(document, '#expire').onclick = attempt(async () => {
  await keeper.expire()
  tick()
})
find(document, '#break').onclick = attempt(async () => {
  await breakRefreshToken()
  announce('The refresh token is spoilt. The next renewal, which Expire now brings about, will be refused.')
})
find(document, '#sign-out').onclick = attempt(() => keeper.signOut())
find(document, '#sign-out-everywhere').onclick = attempt(async () => {
  await ours('me/sessions', { method: 'DELETE' })
  await keeper.signOut()
})

const modeSwitch = /** @type {HTMLInputElement} */ (find(document, '#cookie-mode'))
/** Says how tokens are kept. */
function dress() {
  const mode = cookieMode() ? 'cookie' : 'localStorage'
  for (const part of document.querySelectorAll('[data-mode]')) part.toggleAttribute('hidden', part.getAttribute('data-mode') !== mode)
  modeSwitch.checked = cookieMode()
}
modeSwitch.onchange = attempt(async () => {
  const on = modeSwitch.checked
  try {
    if (await keeper.signedIn()) await keeper.signOut()
    setCookieMode(on)
  } finally {
    dress()
  }
  route(false)
})
if (!cookiesWork) {
  modeSwitch.disabled = true
  modeSwitch.labels?.[0].append(', for which the page has to come from the server itself')
}
find(document, '#plain-http').hidden = location.protocol === 'https:'
find(document, 'nav a[href="#/cats"]').hidden = !config.cats
dress()
addEventListener('hashchange', () => {
  announce()
  route()
})
// A page that comes back by the back button shows what was so then.
addEventListener('pageshow', (event) => event.persisted && location.reload())
route(false)
